import { BaseEventTarget } from "../../core/base_event_target.ts";
import { ConnectionLostError } from "../../core/errors.ts";
import type { Readiness } from "../../core/listener_table.ts";
import { callSafely, printError } from "../../core/report.ts";
import { assertSubscribable, splitTopic } from "../../core/topic.ts";
import type { ErrorStage, EventEnvelope, FlushOptions } from "../../core/types.ts";
import { Bus, type BusOwner } from "./upstream/upstream_relay.ts";
import { GOING_AWAY, MESSAGE_TOO_BIG, TRY_AGAIN_LATER } from "../_wire/close_codes.ts";
import { connectionLost } from "../_wire/connection_lost.ts";
import { Connections } from "./spoke_table.ts";
import { Fanout } from "./outgoing/fanout.ts";
import { type HubBounds, hubBounds } from "./bounds.ts";
import type { ConnectionOptions, HubEventTarget, HubOptions, HubParts } from "./types.ts";
import { NO_SIGN_OF_LIFE } from "../_wire/close_codes.ts";
import { Intake, type IntakeOwner } from "./incoming/incoming.ts";
import { Spoke, type SpokeIncoming, type SpokeOwner } from "./spoke.ts";
import type { SpokeEventTarget } from "./types.ts";
import { Standstill } from "./stall_detector.ts";
import { Subscribers } from "./outgoing/subscribers.ts";
import { TokenBucket } from "./token_bucket.ts";
import type { WireEnd } from "../_wire/wire.ts";

/** Fans events out to spokes by topic, and hears what they send. */
export class Hub<TConnection, TBody, TFrame> extends BaseEventTarget
  implements
    HubEventTarget<TConnection>,
    SpokeOwner<Spoke<TConnection, TBody, TFrame>>,
    IntakeOwner<Spoke<TConnection, TBody, TFrame>>,
    BusOwner<Spoke<TConnection, TBody, TFrame>> {
  readonly #parts: HubParts<TConnection, TBody, TFrame>;
  readonly #options: HubOptions<TConnection>;
  readonly #bounds: HubBounds;
  readonly #connections = new Connections<TConnection, Spoke<TConnection, TBody, TFrame>>();
  readonly #subscribers = new Subscribers<Spoke<TConnection, TBody, TFrame>>();
  readonly #fanout: Fanout<Spoke<TConnection, TBody, TFrame>, TBody>;
  readonly #bus: Bus<Spoke<TConnection, TBody, TFrame>, TBody> | undefined;
  readonly #intake: Intake<Spoke<TConnection, TBody, TFrame>, TBody>;
  readonly #standstill: Standstill | undefined;

  /**
   * @param parts What the transport brings.
   * @param options Bounds and callbacks.
   */
  constructor(parts: HubParts<TConnection, TBody, TFrame>, options: HubOptions<TConnection>) {
    super(parts.tag, options, "open");
    this.#parts = parts;
    this.#options = options;
    const bounds = this.#bounds = hubBounds(options);
    const { upstream, authorize } = options;
    const { dispatcher } = this;
    const subscribers = this.#subscribers;
    this.#fanout = new Fanout(
      subscribers,
      parts.codec,
      (stage, error, topic) => this.report(stage, error, topic),
    );
    const bus = upstream === undefined ? undefined : new Bus(upstream, dispatcher, this.#fanout, this);
    this.#bus = bus;
    this.#intake = new Intake({ dispatcher, subscribers, bus, authorize, bounds }, this);
    this.#standstill = bus === undefined || parts.ownSpokes
      ? undefined
      : new Standstill(bounds.heartbeatMs, (ms) => this.#onStandstill(ms));
  }

  get connectionCount(): number {
    return this.#connections.count;
  }

  get closingCount(): number {
    return this.#connections.closingCount;
  }

  get topicCount(): number {
    return this.#subscribers.size;
  }

  get spokes(): readonly Spoke<TConnection, TBody, TFrame>[] {
    return this.#connections.spokes;
  }

  addConnection(
    connection: TConnection,
    { context }: Partial<ConnectionOptions> = {},
  ): Spoke<TConnection, TBody, TFrame> {
    const connections = this.#connections;
    const known = connections.find(connection);
    if (known !== undefined) return known;
    const { spokeTag, codec, toWire, ownSpokes } = this.#parts;
    const { onError } = this.#options;
    const { maxConnections, maxEventsPerSecond, maxEventBurst } = this.#bounds;
    const options = onError === undefined ? {} : { onError };
    const wire = toWire(connection);
    const spoke = new Spoke(spokeTag, connection, wire, codec, this.#bounds, options, this, context);
    if (maxEventsPerSecond < Infinity) spoke.bucket = new TokenBucket(maxEventsPerSecond, maxEventBurst);
    const full = connections.count + connections.closingCount >= maxConnections;
    if (this.ended) this.#turnAway(spoke, GOING_AWAY, "the hub is closed");
    else if (full) this.#turnAway(spoke, TRY_AGAIN_LATER, `more than ${maxConnections} connections`);
    else {
      connections.add(spoke);
      this.#standstill?.start();
      // What nobody has asked for yet does not come from an upstream.
      const waits = ownSpokes && this.#bus === undefined;
      if (waits) this.#fanout.opening.add(spoke);
      spoke.peer.start();
    }
    return spoke;
  }

  removeConnection(connection: TConnection): boolean {
    const spoke = this.#connections.get(connection);
    if (spoke === undefined) return false;
    this.#forget(spoke, undefined, {}, false);
    spoke.peer.detach();
    return true;
  }

  revoke(spoke: SpokeEventTarget, topic?: string): void {
    const parts = topic === undefined ? undefined : splitTopic(topic);
    if (parts !== undefined) assertSubscribable(parts);
    if (spoke instanceof Spoke && this.has(spoke)) this.#intake.revoke(spoke, parts);
  }

  override async flush(options?: FlushOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    await this.#bus?.upstream.flush(options);
    // Who never said hello cannot answer, unless it still will; who is gone has nothing left to handle.
    const spokes = this.spokes.filter((spoke) =>
      spoke.peer.hello !== undefined || this.#fanout.opening.has(spoke)
    );
    await Promise.all(
      spokes.map((spoke) =>
        spoke.peer.flush(options).catch((error: unknown) => {
          if (!(error instanceof ConnectionLostError)) throw error;
        })
      ),
    );
  }

  override onFirstListener(topic: string): Readiness {
    return this.#bus === undefined || this.#bus.want(topic) ? "ready" : "pending";
  }

  override onLastListener(topic: string): void {
    this.#bus?.unwant(topic);
  }

  protected override send(envelope: EventEnvelope): void {
    if (this.#bus === undefined) this.#fanout.send(envelope);
    else this.#bus.publish(envelope);
  }

  protected override shutdown(): Promise<void> {
    return this.#closeAll(GOING_AWAY, "the hub is closed");
  }

  onSpokeOpen(spoke: Spoke<TConnection, TBody, TFrame>): void {
    if (!this.has(spoke)) return;
    spoke.announced = true;
    this.#call("connect", spoke, this.#options.onConnection);
    // What is published in the callback still waits for the wire.
    this.#fanout.opening.delete(spoke);
  }

  onSpokeFrame(): void {
    this.#standstill?.check();
  }

  onSpokeIncoming(
    spoke: Spoke<TConnection, TBody, TFrame>,
    incoming: SpokeIncoming,
  ): boolean {
    this.#intake.take(spoke, incoming);
    return this.has(spoke);
  }

  onSpokeOversized(spoke: Spoke<TConnection, TBody, TFrame>): void {
    const reason = `a frame of more than ${this.#bounds.maxFrameBytes} bytes`;
    this.drop(spoke, MESSAGE_TOO_BIG, reason, "decode");
  }

  onSpokeSlow(spoke: Spoke<TConnection, TBody, TFrame>, bufferedBytes: number): void {
    if (!this.has(spoke)) return;
    // Before anybody is told: what is published meanwhile is not for this spoke any more.
    this.#intake.unsubscribe(spoke);
    spoke.report("backpressure", new Error(`The spoke reads too slowly: ${bufferedBytes} bytes wait for it`));
    if (this.has(spoke)) this.#call("backpressure", spoke, this.#options.onBackpressure);
    this.#drop(spoke, TRY_AGAIN_LATER, "reads too slowly");
  }

  onSpokeEnd(spoke: Spoke<TConnection, TBody, TFrame>, end: WireEnd): void {
    if (!this.has(spoke)) return;
    // Its socket may take its time; onSpokeReleased() follows when it is gone.
    this.#connections.close(spoke);
    this.#forget(spoke, this.ended ? undefined : connectionLost(end), end, !this.ended && !spoke.expelled);
  }

  onSpokeReleased(spoke: Spoke<TConnection, TBody, TFrame>): void {
    this.#connections.release(spoke);
  }

  onBusGap(): void {
    this.setStatus({ state: "open", gap: true });
  }

  onBusEnd(error: Error | undefined): void {
    if (error === undefined) return void this.close();
    this.report("connect", error);
    void this.#closeAll(TRY_AGAIN_LATER, "the upstream has ended");
    this.end(error);
  }

  has(spoke: Spoke<TConnection, TBody, TFrame>): boolean {
    return this.#connections.has(spoke);
  }

  drop(
    spoke: Spoke<TConnection, TBody, TFrame>,
    code: number,
    reason: string,
    stage: ErrorStage,
    topic?: string,
  ): void {
    if (!this.has(spoke)) return;
    spoke.report(stage, new RangeError(`The spoke is dropped: ${reason}`), topic);
    this.#drop(spoke, code, reason);
  }

  #drop(spoke: Spoke<TConnection, TBody, TFrame>, code: number, reason: string): void {
    if (!this.has(spoke)) return;
    spoke.expelled = true;
    spoke.peer.drop(code, reason);
  }

  /** What waits in the sockets may come from spokes that have gone to another hub, and say more there. */
  #onStandstill(ms: number): void {
    const reason = `the hub stood still for ${Math.round(ms)} ms`;
    const { spokes } = this;
    this.report("connect", new Error(`All ${spokes.length} connections are dropped: ${reason}`));
    for (const spoke of spokes) this.#drop(spoke, NO_SIGN_OF_LIFE, reason);
  }

  /** Ends a connection that does not become a spoke. */
  #turnAway(spoke: Spoke<TConnection, TBody, TFrame>, code: number, reason: string): void {
    const error = connectionLost({ code, reason });
    this.#connections.close(spoke);
    spoke.peer.start();
    spoke.peer.drop(code, reason);
    spoke.finish(error, { code, reason });
    spoke.report("connect", error);
  }

  async #closeAll(code: number, reason: string): Promise<void> {
    // Sockets that are closing are sent nothing more.
    this.#bus?.upstream.stop();
    await Promise.all(this.spokes.map((spoke) => spoke.closeFor(code, reason)));
  }

  /** Lets go of a spoke, ends its target, and tells the program. */
  #forget(
    spoke: Spoke<TConnection, TBody, TFrame>,
    error: Error | undefined,
    end: WireEnd,
    wasHeard: boolean,
  ): void {
    this.#connections.delete(spoke);
    if (this.#connections.count === 0) this.#standstill?.stop();
    this.#fanout.opening.delete(spoke);
    this.#intake.forget(spoke, wasHeard);
    spoke.finish(error, end);
    if (spoke.announced) this.#call("connect", spoke, this.#options.onDisconnection);
  }

  #call(
    stage: "connect" | "backpressure",
    spoke: Spoke<TConnection, TBody, TFrame>,
    callback: ((spoke: SpokeEventTarget, connection: TConnection) => void) | undefined,
  ): void {
    callSafely(
      () => callback?.(spoke, spoke.connection),
      (error) => printError(error, { target: spoke, stage }),
    );
  }
}
