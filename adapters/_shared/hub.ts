import { BaseEventTarget } from "../../core/base_event_target.ts";
import { topicOfEnvelope } from "../../core/envelope.ts";
import { ConnectionLostError } from "../../core/errors.ts";
import { callSafely, printError } from "../../core/report.ts";
import { splitTopic, subscriptionFault } from "../../core/topic.ts";
import type { EventEnvelope, FlushOptions } from "../../core/types.ts";
import { connectionLost } from "./connection_lost.ts";
import { helloControl, type RefusedTopic } from "./frame.ts";
import type { HubEventTarget, HubOptions, HubParts } from "./hub_types.ts";
import type { PeerIncoming } from "./peer.ts";
import { assertBound, peerBounds } from "./peer_options.ts";
import { Spoke, type SpokeBounds, type SpokeEventTarget, type SpokeOwner } from "./spoke.ts";
import { isSubscribed, Subscribers } from "./subscribers.ts";
import type { Encoded, WireEnd } from "./wire.ts";

// Close codes of RFC 6455, 7.4.1, and of the IANA registry that continues it.
const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;
const MESSAGE_TOO_BIG = 1009;
const TRY_AGAIN_LATER = 1013;

/** Fans events out to spokes by topic, and hears what they send. */
export class Hub<TConnection, TBody, TFrame> extends BaseEventTarget
  implements HubEventTarget<TConnection>, SpokeOwner<Spoke<TConnection, TBody, TFrame>> {
  readonly #parts: HubParts<TConnection, TBody, TFrame>;
  readonly #options: HubOptions<TConnection>;
  readonly #bounds: SpokeBounds;
  readonly #maxTopics: number;
  readonly #maxConnections: number;
  readonly #spokes = new Map<TConnection, Spoke<TConnection, TBody, TFrame>>();
  readonly #closing = new Map<TConnection, Spoke<TConnection, TBody, TFrame>>();
  /** Those that get everything because they are not open yet. */
  readonly #opening = new Set<Spoke<TConnection, TBody, TFrame>>();
  readonly #subscribers = new Subscribers<Spoke<TConnection, TBody, TFrame>>();

  /**
   * @param parts What the transport brings.
   * @param options Bounds and callbacks.
   */
  constructor(parts: HubParts<TConnection, TBody, TFrame>, options: HubOptions<TConnection>) {
    super(parts.tag, options, "open");
    const {
      backpressureThreshold = 1024 * 1024,
      maxTopicsPerConnection = 10_000,
      maxConnections = Infinity,
    } = options;
    this.#parts = parts;
    this.#options = options;
    assertBound("backpressureThreshold", backpressureThreshold, 0);
    assertBound("maxTopicsPerConnection", maxTopicsPerConnection, 0);
    assertBound("maxConnections", maxConnections, 0);
    this.#bounds = { ...peerBounds(options), backpressureThreshold };
    this.#maxTopics = maxTopicsPerConnection;
    this.#maxConnections = maxConnections;
  }

  get connectionCount(): number {
    return this.#spokes.size;
  }

  get closingCount(): number {
    return this.#closing.size;
  }

  get topicCount(): number {
    return this.#subscribers.size;
  }

  addConnection(connection: TConnection): SpokeEventTarget {
    const known = this.#spokes.get(connection) ?? this.#closing.get(connection);
    if (known !== undefined) return known;
    const { spokeTag, codec, toWire } = this.#parts;
    const { onError } = this.#options;
    const options = onError === undefined ? {} : { onError };
    const spoke = new Spoke(spokeTag, connection, toWire(connection), codec, this.#bounds, options, this);
    const full = this.#spokes.size + this.#closing.size >= this.#maxConnections;
    if (this.ended) this.#turnAway(spoke, GOING_AWAY, "the hub is closed");
    else if (full) this.#turnAway(spoke, TRY_AGAIN_LATER, `more than ${this.#maxConnections} connections`);
    else {
      this.#spokes.set(connection, spoke);
      if (this.#parts.queuesUntilOpen) this.#opening.add(spoke);
      spoke.peer.start();
    }
    return spoke;
  }

  removeConnection(connection: TConnection): boolean {
    const spoke = this.#spokes.get(connection);
    if (spoke === undefined) return false;
    this.#forget(spoke, undefined, {});
    spoke.peer.detach();
    return true;
  }

  override async flush(options?: FlushOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    // Who never said hello cannot answer, unless it still will; who is gone has nothing left to handle.
    const spokes = [...this.#spokes.values()].filter((spoke) =>
      spoke.peer.hello !== undefined || this.#opening.has(spoke)
    );
    await Promise.all(
      spokes.map((spoke) =>
        spoke.peer.flush(options).catch((error: unknown) => {
          if (!(error instanceof ConnectionLostError)) throw error;
        })
      ),
    );
  }

  protected override send(envelope: EventEnvelope): void {
    const spokes: Spoke<TConnection, TBody, TFrame>[] = [];
    this.#subscribers.forEach(envelope, (spoke) => void spokes.push(spoke));
    for (const spoke of this.#opening) if (!isSubscribed(spoke, envelope)) spokes.push(spoke);
    if (spokes.length === 0) return;
    const sending = { later: this.#opening.size > 0, shared: spokes.length > 1 };
    let event: Encoded<TBody>;
    try {
      event = this.#parts.codec.encode(envelope, false, sending);
    } catch (error) {
      return this.report("encode", error, topicOfEnvelope(envelope));
    }
    for (const spoke of spokes) spoke.deliver(event);
  }

  protected override async shutdown(): Promise<void> {
    await Promise.all(
      [...this.#spokes.values()].map((spoke) => spoke.peer.close(GOING_AWAY, "the hub is closed")),
    );
  }

  onSpokeOpen(spoke: Spoke<TConnection, TBody, TFrame>): void {
    if (!this.#has(spoke)) return;
    spoke.announced = true;
    this.#call("connect", spoke, this.#options.onConnection);
    // What is published in the callback still waits for the wire.
    this.#opening.delete(spoke);
  }

  onSpokeIncoming(spoke: Spoke<TConnection, TBody, TFrame>, incoming: PeerIncoming): boolean {
    switch (incoming.kind) {
      case "event":
        this.registry.emit(incoming.envelope);
        spoke.hear(incoming.envelope);
        break;
      case "hello":
        spoke.peer.sendControl(helloControl(this.#bounds.maxFrameBytes));
        break;
      case "subscribe":
        this.#subscribe(spoke, incoming.ref, incoming.topics);
        break;
      case "unsubscribe":
        for (const topic of incoming.topics) this.#subscribers.delete(spoke, topic);
        break;
      case "subscribed":
      case "revoked":
      case "gap":
        spoke.report("decode", new TypeError(`Cannot take "${incoming.kind}" from a spoke`));
        break;
    }
    return this.#has(spoke);
  }

  onSpokeOversized(spoke: Spoke<TConnection, TBody, TFrame>): void {
    const reason = `a frame of more than ${this.#bounds.maxFrameBytes} bytes`;
    spoke.report("decode", new RangeError(`Cannot take ${reason}`));
    this.#drop(spoke, MESSAGE_TOO_BIG, reason);
  }

  onSpokeSlow(spoke: Spoke<TConnection, TBody, TFrame>, bufferedBytes: number): void {
    // Before anybody is told: what is published meanwhile is not for this spoke any more.
    this.#subscribers.deleteAll(spoke);
    spoke.report("backpressure", new Error(`The spoke reads too slowly: ${bufferedBytes} bytes wait for it`));
    if (this.#has(spoke)) this.#call("backpressure", spoke, this.#options.onBackpressure);
    this.#drop(spoke, TRY_AGAIN_LATER, "reads too slowly");
  }

  onSpokeEnd(spoke: Spoke<TConnection, TBody, TFrame>, end: WireEnd): void {
    if (!this.#has(spoke)) return;
    // Its socket may take its time; onSpokeReleased() follows when it is gone.
    this.#closing.set(spoke.connection, spoke);
    this.#forget(spoke, this.ended ? undefined : connectionLost(end), end);
  }

  onSpokeReleased(spoke: Spoke<TConnection, TBody, TFrame>): void {
    if (this.#closing.get(spoke.connection) === spoke) this.#closing.delete(spoke.connection);
  }

  #subscribe(spoke: Spoke<TConnection, TBody, TFrame>, ref: string, topics: readonly string[]): void {
    const accepted: string[] = [];
    const refused: RefusedTopic[] = [];
    for (const topic of topics) {
      // Invalid topics count too: whoever sends them without end is answered without end.
      if (!spoke.topics.has(topic) && spoke.topics.size + refused.length >= this.#maxTopics) {
        const reason = `more than ${this.#maxTopics} topics`;
        spoke.report("subscribe", new RangeError(`Cannot subscribe a spoke to ${reason}`), topic);
        return this.#drop(spoke, POLICY_VIOLATION, reason);
      }
      const fault = subscriptionFault(splitTopic(topic));
      if (fault !== undefined) {
        refused.push({ topic, reason: fault });
        continue;
      }
      this.#subscribers.add(spoke, topic);
      accepted.push(topic);
    }
    spoke.peer.sendControl({ kind: "subscribed", ref, topics: accepted, refused });
    const [first] = refused;
    if (first === undefined) return;
    const error = new TypeError(
      `Cannot subscribe a spoke to ${refused.length} topics, the first: ${first.reason}`,
    );
    spoke.report("subscribe", error, first.topic);
  }

  /** Ends a connection that does not become a spoke. */
  #turnAway(spoke: Spoke<TConnection, TBody, TFrame>, code: number, reason: string): void {
    const error = connectionLost({ code, reason });
    this.#closing.set(spoke.connection, spoke);
    spoke.peer.start();
    spoke.peer.drop(code, reason);
    spoke.finish(error, { code, reason });
    spoke.report("connect", error);
  }

  /** Ends a spoke for what it did. */
  #drop(spoke: Spoke<TConnection, TBody, TFrame>, code: number, reason: string): void {
    if (this.#has(spoke)) spoke.peer.drop(code, reason);
  }

  /** Lets go of a spoke, ends its target, and tells the program. */
  #forget(spoke: Spoke<TConnection, TBody, TFrame>, error: Error | undefined, end: WireEnd): void {
    this.#spokes.delete(spoke.connection);
    this.#opening.delete(spoke);
    this.#subscribers.deleteAll(spoke);
    spoke.finish(error, end);
    if (spoke.announced) this.#call("connect", spoke, this.#options.onDisconnection);
  }

  #has(spoke: Spoke<TConnection, TBody, TFrame>): boolean {
    return this.#spokes.get(spoke.connection) === spoke;
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
