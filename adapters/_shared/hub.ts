import { BaseEventTarget } from "../../core/base_event_target.ts";
import { topicOfEnvelope } from "../../core/envelope.ts";
import { ConnectionLostError } from "../../core/errors.ts";
import { callSafely, printError } from "../../core/report.ts";
import { splitTopic, subscriptionFault } from "../../core/topic.ts";
import type { EventEnvelope, FlushOptions } from "../../core/types.ts";
import { PROTOCOL_VERSION, type RefusedTopic } from "./frame.ts";
import type { HubEventTarget, HubOptions } from "./hub_types.ts";
import { connectionLost, type PeerIncoming } from "./peer.ts";
import { assertBound, peerBounds } from "./peer_options.ts";
import { Spoke, type SpokeBounds, type SpokeEventTarget, type SpokeOwner } from "./spoke.ts";
import { Subscribers } from "./subscribers.ts";
import type { Codec, Encoded, Wire, WireEnd } from "./wire.ts";

// Close codes of RFC 6455, 7.4.1, and of the IANA registry that continues it.
const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;
const MESSAGE_TOO_BIG = 1009;
const TRY_AGAIN_LATER = 1013;

/** What a hub is made of, apart from its options. */
export interface HubParts<TConnection, TBody, TFrame> {
  /** What kind of target it is. */
  readonly tag: string;
  /** What kind of target its spokes are. */
  readonly spokeTag: string;
  /** How envelopes become frames. */
  readonly codec: Codec<TBody, TFrame>;
  /** Makes a wire of a connection. */
  readonly toWire: (connection: TConnection) => Wire<TFrame>;
}

/** Fans events out to spokes by topic, and hears what they send. */
export class Hub<TConnection, TBody, TFrame> extends BaseEventTarget
  implements HubEventTarget<TConnection>, SpokeOwner<Spoke<TBody, TFrame>> {
  readonly #parts: HubParts<TConnection, TBody, TFrame>;
  readonly #options: HubOptions<TConnection>;
  readonly #bounds: SpokeBounds;
  readonly #maxTopics: number;
  readonly #maxConnections: number;
  readonly #spokes = new Map<TConnection, Spoke<TBody, TFrame>>();
  readonly #connections = new Map<Spoke<TBody, TFrame>, TConnection>();
  readonly #closing = new Set<Spoke<TBody, TFrame>>();
  readonly #subscribers = new Subscribers<Spoke<TBody, TFrame>>();

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
    const known = this.#spokes.get(connection);
    if (known !== undefined) return known;
    const { spokeTag, codec, toWire } = this.#parts;
    const { onError } = this.#options;
    const wire = toWire(connection);
    const spoke = new Spoke(
      spokeTag,
      wire,
      codec,
      this.#bounds,
      onError === undefined ? {} : { onError },
      this,
    );
    const full = this.#spokes.size + this.#closing.size >= this.#maxConnections;
    if (this.ended) this.#turnAway(spoke, GOING_AWAY, "the hub is closed");
    else if (full) this.#turnAway(spoke, TRY_AGAIN_LATER, `more than ${this.#maxConnections} connections`);
    else {
      this.#spokes.set(connection, spoke);
      this.#connections.set(spoke, connection);
      spoke.peer.start();
    }
    return spoke;
  }

  removeConnection(connection: TConnection): boolean {
    const spoke = this.#spokes.get(connection);
    if (spoke === undefined) return false;
    this.#forget(spoke);
    spoke.finish(undefined, {});
    spoke.peer.detach();
    return true;
  }

  override async flush(options?: FlushOptions): Promise<void> {
    // Who never said hello cannot answer, and who is gone has nothing left to handle.
    const spokes = [...this.#spokes.values()].filter(({ peer }) => peer.hello !== undefined);
    await Promise.all(
      spokes.map((spoke) =>
        spoke.peer.flush(options).catch((error: unknown) => {
          if (!(error instanceof ConnectionLostError)) throw error;
        })
      ),
    );
  }

  protected override send(envelope: EventEnvelope): void {
    let event: Encoded<TBody> | undefined;
    try {
      this.#subscribers.forEach(envelope, (spoke) => {
        event ??= this.#parts.codec.encode(envelope, false);
        spoke.deliver(event, envelope);
      });
    } catch (error) {
      // Nothing but encode() throws here: what happens to a spoke stays with it.
      this.report("encode", error, topicOfEnvelope(envelope));
    }
  }

  protected override async shutdown(): Promise<void> {
    await Promise.all(
      [...this.#spokes.values()].map((spoke) => spoke.peer.close(GOING_AWAY, "the hub is closed")),
    );
  }

  onSpokeOpen(spoke: Spoke<TBody, TFrame>): void {
    const connection = this.#connections.get(spoke);
    if (connection === undefined) return;
    spoke.announced = true;
    this.#call("connect", spoke, () => this.#options.onConnection?.(spoke, connection));
  }

  onSpokeIncoming(spoke: Spoke<TBody, TFrame>, incoming: PeerIncoming): boolean {
    switch (incoming.kind) {
      case "event":
        this.registry.emit(incoming.envelope);
        spoke.hear(incoming.envelope);
        break;
      case "hello": {
        const { maxFrameBytes } = this.#bounds;
        spoke.peer.sendControl({
          kind: "hello",
          hello: { version: PROTOCOL_VERSION, batch: true, maxFrameBytes },
        });
        break;
      }
      case "subscribe":
        this.#subscribe(spoke, incoming.ref, incoming.topics);
        break;
      case "unsubscribe":
        for (const topic of incoming.topics) this.#subscribers.delete(spoke, topic);
        break;
      case "subscribed":
      case "revoked":
      case "gap":
        spoke.onMalformed(new TypeError(`Cannot take "${incoming.kind}" from a spoke`));
        break;
    }
    return this.#connections.has(spoke);
  }

  onSpokeOversized(spoke: Spoke<TBody, TFrame>): void {
    const reason = `a frame of more than ${this.#bounds.maxFrameBytes} bytes`;
    spoke.report("decode", new RangeError(`Cannot take ${reason}`));
    this.#drop(spoke, MESSAGE_TOO_BIG, reason);
  }

  onSpokeSlow(spoke: Spoke<TBody, TFrame>, bufferedBytes: number): void {
    const connection = this.#connections.get(spoke);
    if (connection === undefined) return;
    spoke.report("backpressure", new Error(`The spoke reads too slowly: ${bufferedBytes} bytes wait for it`));
    this.#call("backpressure", spoke, () => this.#options.onBackpressure?.(spoke, connection));
    this.#drop(spoke, TRY_AGAIN_LATER, "reads too slowly");
  }

  onSpokeEnd(spoke: Spoke<TBody, TFrame>, end: WireEnd): void {
    if (!this.#forget(spoke)) return;
    // Its socket may take its time; onSpokeReleased() follows when it is gone.
    this.#closing.add(spoke);
    spoke.finish(this.ended ? undefined : connectionLost(end), end);
  }

  onSpokeReleased(spoke: Spoke<TBody, TFrame>): void {
    this.#closing.delete(spoke);
  }

  #subscribe(spoke: Spoke<TBody, TFrame>, ref: string, topics: readonly string[]): void {
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
    const [first] = refused;
    if (first !== undefined) {
      const error = new TypeError(
        `Cannot subscribe a spoke to ${refused.length} topics, the first: ${first.reason}`,
      );
      spoke.report("subscribe", error, first.topic);
    }
    spoke.peer.sendControl({ kind: "subscribed", ref, topics: accepted, refused });
  }

  /** Ends a connection that does not become a spoke. */
  #turnAway(spoke: Spoke<TBody, TFrame>, code: number, reason: string): void {
    const error = connectionLost({ code, reason });
    this.#closing.add(spoke);
    spoke.report("connect", error);
    spoke.peer.start();
    spoke.peer.drop(code, reason);
    spoke.finish(error, { code, reason });
  }

  /** Ends a spoke for what it did. */
  #drop(spoke: Spoke<TBody, TFrame>, code: number, reason: string): void {
    if (this.#connections.has(spoke)) spoke.peer.drop(code, reason);
  }

  /** Lets go of a spoke, and tells the program. Returns whether it was still there. */
  #forget(spoke: Spoke<TBody, TFrame>): boolean {
    const connection = this.#connections.get(spoke);
    if (connection === undefined) return false;
    this.#connections.delete(spoke);
    this.#spokes.delete(connection);
    this.#subscribers.deleteAll(spoke);
    if (spoke.announced) {
      this.#call("connect", spoke, () => this.#options.onDisconnection?.(spoke, connection));
    }
    return true;
  }

  #call(stage: "connect" | "backpressure", spoke: Spoke<TBody, TFrame>, callback: () => unknown): void {
    callSafely(callback, (error) => printError(error, { target: spoke, stage }));
  }
}
