import { DiagnosedEventTarget } from "../../core/diagnosed_event_target.ts";
import { describe } from "../../core/describe.ts";
import { assertEnvelope } from "../../core/envelope.ts";
import type { Readiness } from "../../core/listener_table.ts";
import { callSafely, printError } from "../../core/report.ts";
import { assertSubscribable, splitTopic } from "../../core/topic.ts";
import type { TopicSet } from "../../core/topic_set.ts";
import type { EventEnvelope, FlushOptions } from "../../core/types.ts";
import { GOING_AWAY, HEARTBEAT_TIMEOUT, TRY_AGAIN_LATER } from "../_wire/close_codes.ts";
import { connectionLost } from "../_wire/connection_lost.ts";
import type { WireEnd } from "../_wire/wire.ts";
import { type HubBounds, hubBounds } from "./bounds.ts";
import { closeSpokes } from "./close_spokes.ts";
import { Connections } from "./connections.ts";
import { countEnd } from "./count_end.ts";
import { createSpoke } from "./create_spoke.ts";
import { explain } from "./explain.ts";
import { flushSpokes } from "./flush_spokes.ts";
import { HubCounters } from "./hub_counters.ts";
import type { HubParts } from "./hub_parts.ts";
import { createRouting } from "./hub_routing.ts";
import { hubStats } from "./hub_stats.ts";
import { Links } from "./identity/links.ts";
import { sendGap } from "./incoming/answer.ts";
import { Incoming } from "./incoming/incoming.ts";
import { OpeningRights } from "./incoming/opening_rights.ts";
import { Fanout } from "./outgoing/fanout.ts";
import { Subscribers } from "./outgoing/subscribers.ts";
import type { Routing } from "./routing.ts";
import { peerContext } from "./peer_context.ts";
import { Spoke } from "./spoke.ts";
import type { SpokeHost } from "./spoke_parts.ts";
import { selectSpokes } from "./spoke_selection.ts";
import { StallDetector } from "./stall_detector.ts";
import type { Explanation } from "./explanation.ts";
import type {
  HubEventTarget,
  HubOptions,
  HubStats,
  SpokeCloseOptions,
  SpokeEventTarget,
  SpokeSelection,
} from "./types.ts";

/** The side with many peers: an event goes to the spokes that are subscribed to it, and comes from any of them. */
export class Hub<TConnection> extends DiagnosedEventTarget
  implements HubEventTarget<TConnection>, SpokeHost<Spoke> {
  readonly #incoming: Incoming;
  readonly #links: Links;
  readonly #parts: HubParts<TConnection>;
  readonly #options: HubOptions<TConnection>;
  readonly #bounds: HubBounds;
  readonly #connections: Connections<TConnection>;
  readonly #subscribers = new Subscribers();
  readonly #counters = new HubCounters();
  readonly #fanout: Fanout;
  readonly #routing: Routing;
  /** Whether spokes are sent every event that they may receive until they are open. An upstream delivers only topics that are wanted. */
  readonly #sendsWhileOpening: boolean;
  /** Spokes that could turn to another hub are dropped after a stall. */
  readonly #stallDetector: StallDetector | undefined;

  constructor(parts: HubParts<TConnection>, options: HubOptions<TConnection>) {
    super(parts.tag, options, "open");
    const { upstream, authenticate, owner, tracing } = options;
    const codec = tracing?.codec(parts.codec) ?? parts.codec;
    this.#parts = { ...parts, codec };
    this.#options = options;
    const bounds = this.#bounds = hubBounds(options);
    this.#connections = new Connections(bounds, options.dropsSilentPeers === true);
    this.#links = new Links(owner, (older, newer) => this.#incoming.bequeath(older, newer));
    const { exclusive = false } = parts;
    const counters = this.#counters;
    this.#fanout = new Fanout(this.#subscribers, codec, this, counters);
    const { routing, past } = createRouting(options, {
      codec,
      dispatcher: this.dispatcher,
      fanout: this.#fanout,
      links: this.#links,
      bounds,
      counters,
      host: this,
    });
    this.#routing = routing;
    // Later: `onStatus` must not be called before the program has the hub.
    if (this.outageHops > 0) queueMicrotask(() => this.outageHops > 0 && this.onUpstreamStatus());
    this.#sendsWhileOpening = exclusive && upstream === undefined && authenticate === undefined;
    this.#stallDetector = exclusive || upstream === undefined
      ? undefined
      : new StallDetector(bounds.heartbeatMs, (ms) => this.#onStall(ms));
    this.#incoming = new Incoming(
      this.#subscribers,
      routing,
      options,
      past,
      this.counters,
      counters.refused,
    );
  }

  get incoming(): Incoming {
    return this.#incoming;
  }

  get links(): Links {
    return this.#links;
  }

  get connectionCount(): number {
    return this.#connections.spokes.size;
  }

  get closingCount(): number {
    return this.#connections.closing.size;
  }

  get topicCount(): number {
    return this.#subscribers.size;
  }

  /** Read by hubs whose upstream this hub is. */
  get outageHops(): number {
    return this.#routing.outageHops;
  }

  get spokes(): readonly Spoke<TConnection>[] {
    return [...this.#connections.spokes.values()];
  }

  override stats(): HubStats {
    const { spokes, closingCount: closing, topicCount: topics } = this;
    return hubStats(super.stats(), this.#counters, { spokes, closing, topics });
  }

  accepts(): boolean {
    return !this.ended && this.#connections.accepts;
  }

  addConnection(connection: TConnection, { context }: { context?: unknown } = {}): Spoke<TConnection> {
    const connections = this.#connections;
    const known = connections.get(connection);
    if (known !== undefined) return known;
    const bounds = this.#bounds;
    const spoke = createSpoke(this.#parts, this.#options, {
      connection,
      context,
      bounds,
      traffic: this.#counters.spokes,
      host: this,
    });
    if (this.ended) {
      this.#counters.late++;
      this.#turnAway(spoke, GOING_AWAY, "the hub is closed");
      return spoke;
    }
    connections.awaitOpen(spoke);
    if (connections.isFull) {
      this.#counters.full++;
      this.#turnAway(spoke, TRY_AGAIN_LATER, `more than ${bounds.maxConnections} connections`);
    } else {
      connections.spokes.set(connection, spoke);
      spoke.attached = true;
      this.#stallDetector?.start();
      if (this.#sendsWhileOpening) {
        this.#fanout.opening.set(spoke, new OpeningRights(this.#options.authorize, spoke));
      }
      spoke.session.start();
    }
    return spoke;
  }

  removeConnection(connection: TConnection): boolean {
    const spoke = this.#connections.spokes.get(connection);
    if (spoke === undefined) return false;
    this.#connections.release(spoke);
    this.#forget(spoke, undefined, {}, false);
    spoke.session.detach();
    return true;
  }

  revoke(spokes: SpokeSelection, topic?: string): void {
    if (topic !== undefined && typeof topic !== "string") {
      throw new TypeError(`Cannot revoke ${describe(topic)}: a topic is a string`);
    }
    const parts = topic === undefined ? undefined : splitTopic(topic);
    if (parts !== undefined) assertSubscribable(parts);
    for (const spoke of selectSpokes(this.#connections.spokes, spokes)) {
      this.#fanout.opening.get(spoke)?.forget();
      this.incoming.revoke(spoke, parts);
    }
  }

  explain(spoke: SpokeEventTarget, type: string, id: string): Explanation {
    if (!(spoke instanceof Spoke)) {
      throw new TypeError(`Cannot explain ${describe(spoke)}: it is not a spoke`);
    }
    const topic = { type, id: String(id) };
    assertEnvelope(topic, "explain");
    const { topics, outageHops } = this.#routing;
    const { isAcknowledged } = topics;
    const upstream = isAcknowledged &&
      { up: outageHops === 0, isAcknowledged: (topic: string) => isAcknowledged.call(topics, topic) };
    return explain(spoke, topic, upstream);
  }

  override close(
    ...some: [] | [spokes: SpokeSelection, options?: SpokeCloseOptions | undefined]
  ): Promise<void> {
    // A spoke that is `undefined` by mistake must not close the hub.
    if (some.length === 0) return super.close();
    const [spokes, options] = some;
    return closeSpokes(selectSpokes(this.#connections.spokes, spokes), options);
  }

  override async flush(options?: FlushOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    await this.#routing.flush(options);
    // A bare client cannot answer. A spoke that is opening will say hello.
    const spokes = this.spokes.filter((spoke) =>
      spoke.session.sender.hello !== undefined || this.#fanout.opening.has(spoke)
    );
    await flushSpokes(spokes, options);
  }

  override onFirstListener(topic: string): Readiness {
    return this.#routing.onFirstListener(topic);
  }

  override onLastListener(topic: string): void {
    this.#routing.onLastListener(topic);
  }

  protected override send(envelope: EventEnvelope): void {
    this.#routing.publish(envelope);
  }

  protected override shutdown(): Promise<void> {
    return this.#closeAll(GOING_AWAY, "the hub is closed");
  }

  onSpokeFrame(): void {
    this.#stallDetector?.check();
  }

  onSpokeOpen(spoke: Spoke<TConnection>): void {
    if (!spoke.attached) return;
    this.#connections.onOpen(spoke);
    spoke.connectionTold = true;
    this.#counters.opened++;
    this.#notify(spoke, "onConnection");
    // Only now: events that the callback publishes still wait for the wire.
    this.#fanout.opening.delete(spoke);
  }

  onSpokeSlow(spoke: Spoke<TConnection>, bufferedBytes: number): void {
    if (!spoke.attached) return;
    // Before anybody is notified: events that are published meanwhile are not for this spoke any more.
    this.incoming.subscriptions.forget(spoke);
    spoke.report("backpressure", new Error(`The spoke reads too slowly: ${bufferedBytes} bytes wait for it`));
    if (spoke.attached) this.#notify(spoke, "onBackpressure");
    spoke.expel(TRY_AGAIN_LATER, "reads too slowly");
  }

  onSpokeEnd(spoke: Spoke<TConnection>, end: WireEnd): void {
    if (!spoke.attached) return;
    this.#connections.closing.add(spoke);
    const isLost = !this.ended;
    this.#forget(spoke, isLost ? connectionLost(end) : undefined, end, isLost && !spoke.droppedByHub);
  }

  onSpokeReleased(spoke: Spoke<TConnection>): void {
    this.#connections.release(spoke);
  }

  onUpstreamStatus(): void {
    for (const spoke of this.spokes) spoke.tellUpstream(this.outageHops);
    this.setStatus({ state: "open", ...this.#degraded });
  }

  onUpstreamGap(gap: Pick<TopicSet, "has">): void {
    for (const spoke of this.spokes) {
      const topics = [...spoke.topics].filter((topic) => gap.has(topic));
      if (topics.length > 0) sendGap(spoke, topics);
    }
    this.setStatus({ state: "open", gap: true, ...this.#degraded });
  }

  get #degraded(): { degraded?: true } {
    return this.outageHops > 0 ? { degraded: true } : {};
  }

  onUpstreamEnd(error: Error | undefined): void {
    if (error === undefined) return void this.close();
    this.report("connect", error);
    void this.#closeAll(TRY_AGAIN_LATER, "the upstream has ended");
    this.end(error);
  }

  /** Drops all spokes: what waits in their sockets may be older than what they have said to another hub. */
  #onStall(ms: number): void {
    const reason = `the hub stood still for ${Math.round(ms)} ms`;
    const { spokes } = this;
    this.report("connect", new Error(`All ${spokes.length} connections are dropped: ${reason}`));
    for (const spoke of spokes) spoke.expel(HEARTBEAT_TIMEOUT, reason);
  }

  /** Ends a connection that does not become a spoke. */
  #turnAway(spoke: Spoke<TConnection>, code: number, reason: string): void {
    const error = connectionLost({ code, reason });
    this.#connections.closing.addTurnedAway(spoke);
    spoke.session.start();
    spoke.session.drop(code, reason);
    spoke.finish(error, { code, reason });
    spoke.report("connect", error);
  }

  async #closeAll(code: number, reason: string): Promise<void> {
    // Sockets that are closing are sent nothing more.
    this.#routing.stop();
    this.#connections.stop();
    await Promise.all(this.spokes.map((spoke) => spoke.closeFor(code, reason)));
  }

  /** Forgets a spoke, ends its event target, and notifies the program. */
  #forget(spoke: Spoke<TConnection>, error: Error | undefined, end: WireEnd, keepsEvents: boolean): void {
    this.#connections.spokes.delete(spoke.connection);
    spoke.attached = false;
    countEnd(this.#counters.ended, end.code);
    if (this.connectionCount === 0) this.#stallDetector?.stop();
    this.#fanout.opening.delete(spoke);
    this.#links.release(spoke);
    this.incoming.forget(spoke, keepsEvents);
    spoke.finish(error, end);
    if (spoke.connectionTold) this.#notify(spoke, "onDisconnection");
  }

  /** Notifies the program of a change of a spoke. */
  #notify(spoke: Spoke<TConnection>, name: "onConnection" | "onDisconnection" | "onBackpressure"): void {
    const callback = this.#options[name];
    const stage = name === "onBackpressure" ? "backpressure" : "connect";
    callSafely(
      () => callback?.(spoke, spoke.connection),
      (error) => printError(error, { target: spoke, stage, ...peerContext(spoke) }),
    );
  }
}
