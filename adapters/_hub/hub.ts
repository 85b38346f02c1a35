import { assertFunction } from "../../core/arguments.ts";
import { DiagnosedEventTarget } from "../../core/diagnosed_event_target.ts";
import { describe } from "../../core/describe.ts";
import { assertEnvelope } from "../../core/envelope.ts";
import type { Readiness } from "../../core/listener_table.ts";
import { assertSubscribable, splitTopic } from "../../core/topic.ts";
import type { TopicSet } from "../../core/topic_set.ts";
import type { EventEnvelope, FlushOptions } from "../../core/types.ts";
import { GOING_AWAY, TRY_AGAIN_LATER } from "../_wire/close_codes.ts";
import { hubBounds } from "./bounds.ts";
import { closeSpokes } from "./close_spokes.ts";
import { explain } from "./explain.ts";
import { flushSpokes } from "./flush_spokes.ts";
import { HubCounters } from "./hub_counters.ts";
import type { HubParts } from "./hub_parts.ts";
import { createRouting } from "./hub_routing.ts";
import { HubSpokes } from "./hub_spokes.ts";
import { hubStats } from "./hub_stats.ts";
import { Links } from "./identity/links.ts";
import { sendGap } from "./incoming/answer.ts";
import { Incoming } from "./incoming/incoming.ts";
import { Fanout } from "./outgoing/fanout.ts";
import { Subscribers } from "./outgoing/subscribers.ts";
import type { Routing } from "./routing.ts";
import { Spoke } from "./spoke.ts";
import { selectSpokes } from "./spoke_selection.ts";
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
export class Hub<TConnection> extends DiagnosedEventTarget implements HubEventTarget<TConnection> {
  readonly #spokes: HubSpokes<TConnection>;
  readonly #subscribers = new Subscribers();
  readonly #counters = new HubCounters();
  readonly #fanout: Fanout;
  readonly #routing: Routing;

  constructor(parts: HubParts<TConnection>, options: HubOptions<TConnection>) {
    super(parts.tag, options, "open");
    const codec = options.tracing?.codec(parts.codec) ?? parts.codec;
    const bounds = hubBounds(options);
    for (const name of ["authenticate", "authorize", "authorizeEvent"] as const) {
      // Another value, such as null, must not let everybody in.
      if (options[name] !== undefined) assertFunction(name, options[name]);
    }
    const counters = this.#counters;
    const fanout = this.#fanout = new Fanout(this.#subscribers, codec, this, counters);
    const links = new Links(options.owner, (older, newer) => incoming.bequeath(older, newer));
    const { dispatcher } = this;
    const { routing, past } = createRouting(options, {
      codec,
      dispatcher,
      fanout,
      links,
      bounds,
      counters,
      host: this,
    });
    this.#routing = routing;
    // Later: `onStatus` must not be called before the program has the hub.
    if (this.outageHops > 0) queueMicrotask(() => this.outageHops > 0 && this.onUpstreamStatus());
    const incoming = new Incoming(this.#subscribers, routing, options, past, this.counters, counters);
    this.#spokes = new HubSpokes({
      parts: { ...parts, codec },
      options,
      bounds,
      counters,
      fanout,
      links,
      incoming,
      isEnded: () => this.ended,
      report: (stage, error) => this.report(stage, error),
    });
  }

  get connectionCount(): number {
    return this.#spokes.connections.spokes.size;
  }

  get closingCount(): number {
    return this.#spokes.connections.closing.size;
  }

  get topicCount(): number {
    return this.#subscribers.size;
  }

  /** Read by hubs whose upstream this hub is. */
  get outageHops(): number {
    return this.#routing.outageHops;
  }

  get spokes(): readonly Spoke<TConnection>[] {
    return this.#spokes.all;
  }

  override stats(): HubStats {
    const { spokes, closingCount: closing, topicCount: topics } = this;
    return hubStats(super.stats(), this.#counters, { spokes, closing, topics });
  }

  accepts(): boolean {
    return !this.ended && this.#spokes.connections.accepts;
  }

  addConnection(connection: TConnection, { context }: { context?: unknown } = {}): Spoke<TConnection> {
    return this.#spokes.add(connection, context);
  }

  removeConnection(connection: TConnection): boolean {
    return this.#spokes.remove(connection);
  }

  revoke(spokes: SpokeSelection, topic?: string): void {
    if (topic !== undefined && typeof topic !== "string") {
      throw new TypeError(`Cannot revoke ${describe(topic)}: a topic is a string`);
    }
    const parts = topic === undefined ? undefined : splitTopic(topic);
    if (parts !== undefined) assertSubscribable(parts);
    for (const spoke of selectSpokes(this.#spokes.connections.spokes, spokes)) {
      this.#fanout.opening.get(spoke)?.forget();
      this.#spokes.incoming.revoke(spoke, parts);
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
    return closeSpokes(selectSpokes(this.#spokes.connections.spokes, spokes), options);
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

  onUpstreamStatus(): void {
    for (const spoke of this.spokes) spoke.tellUpstream(this.outageHops);
    this.setStatus({ state: "open", ...this.#degraded });
  }

  onUpstreamGap(gap: Pick<TopicSet, "has">): void {
    for (const spoke of this.spokes) {
      const topics = spoke.subscribed.names.filter((topic) => gap.has(topic));
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

  #closeAll(code: number, reason: string): Promise<void> {
    // Sockets that are closing are sent nothing more.
    this.#routing.stop();
    return this.#spokes.closeAll(code, reason);
  }
}
