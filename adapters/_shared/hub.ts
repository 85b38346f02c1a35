import { BaseEventTarget } from "../../core/base_event_target.ts";
import { topicOfEnvelope } from "../../core/envelope.ts";
import { ConnectionLostError } from "../../core/errors.ts";
import { callSafely, printError } from "../../core/report.ts";
import { splitTopic, subscriptionFault } from "../../core/topic.ts";
import { TopicIndex } from "../../core/topic_index.ts";
import type {
  EventEnvelope,
  EventTargetOptions,
  FlushOptions,
  PubSubEventTarget,
  TypedEvent,
} from "../../core/types.ts";
import { PROTOCOL_VERSION, type RefusedTopic } from "./frame.ts";
import { connectionLost, DEFAULT_PEER_OPTIONS, type PeerIncoming, type PeerOptions } from "./peer.ts";
import { Spoke, type SpokeBounds, type SpokeEventTarget, type SpokeOwner } from "./spoke.ts";
import type { Codec, Encoded, Wire, WireEnd } from "./wire.ts";

// Close codes of RFC 6455, 7.4.1, and of the IANA registry that continues it.
const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;
const MESSAGE_TOO_BIG = 1009;
const TRY_AGAIN_LATER = 1013;

/** Options of an event target with many peers. */
export interface HubOptions<TConnection> extends EventTargetOptions, PeerOptions {
  /**
   * How many bytes a spoke's socket may hold from one turn of the event loop to the next. A spoke that still holds
   * more when it is sent an event in a later turn is slow, and is dropped.
   *
   * @default 1_048_576
   */
  readonly backpressureThreshold?: number;
  /**
   * How many topics a spoke may be subscribed to. One that asks for more is dropped (1008).
   *
   * @default 10_000
   */
  readonly maxTopicsPerConnection?: number;
  /**
   * How many connections there may be, those that are still closing included. One that comes then is closed (1013).
   *
   * @default no limit
   */
  readonly maxConnections?: number;
  /** Called once for each connection, when it is open. */
  readonly onConnection?: (spoke: SpokeEventTarget, connection: TConnection) => void;
  /** Called once for each connection that `onConnection` was called for, when the hub has let go of it. */
  readonly onDisconnection?: (spoke: SpokeEventTarget, connection: TConnection) => void;
  /** Called once for a spoke that reads too slowly, before it is dropped (1013). */
  readonly onBackpressure?: (spoke: SpokeEventTarget, connection: TConnection) => void;
}

/** The side with many peers. An event goes to the spokes that are subscribed to it, and comes from any of them. */
export interface HubEventTarget<TConnection, TEvent extends TypedEvent = TypedEvent>
  extends PubSubEventTarget<TEvent> {
  /**
   * Takes a connection as a spoke. The same connection twice gives the same spoke; one that is over already, or too
   * many, gives a spoke that has ended.
   *
   * @param connection The connection, opening or open.
   * @returns The event target of this spoke alone.
   */
  addConnection(connection: TConnection): SpokeEventTarget<TEvent>;
  /**
   * Forgets a spoke, and leaves its connection as it is.
   *
   * @param connection The connection.
   * @returns Whether it was one of the hub's.
   */
  removeConnection(connection: TConnection): boolean;
  /** How many spokes there are, those included whose connection is not open yet. */
  readonly connectionCount: number;
  /** How many connections were given up and are still closing. */
  readonly closingCount: number;
  /** How many topics have a subscribed spoke. */
  readonly topicCount: number;
}

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
  readonly #subscribers = new TopicIndex<Set<Spoke<TBody, TFrame>>>();
  #lastEvent = 0;

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
    this.#bounds = { ...DEFAULT_PEER_OPTIONS, ...options, backpressureThreshold };
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
    const node = this.#subscribers.node(envelope.type);
    const targets = [node?.ids.get(envelope.id), node?.bare, this.#subscribers.every];
    let event: Encoded<TBody> | undefined;
    const number = ++this.#lastEvent;
    for (const spokes of targets) {
      if (spokes === undefined) continue;
      try {
        event ??= this.#parts.codec.encode(envelope, false);
      } catch (error) {
        return this.report("encode", error, topicOfEnvelope(envelope));
      }
      for (const spoke of spokes) {
        if (spoke.lastEvent === number) continue;
        spoke.lastEvent = number;
        spoke.deliver(event, envelope);
      }
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
        for (const topic of incoming.topics) this.#unsubscribe(spoke, topic);
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
    if (this.#forget(spoke)) spoke.finish(this.ended ? undefined : connectionLost(end), end);
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
      this.#subscribeTo(spoke, topic);
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

  #subscribeTo(spoke: Spoke<TBody, TFrame>, name: string): void {
    if (spoke.topics.has(name)) return;
    spoke.topics.add(name);
    const topic = splitTopic(name);
    const spokes = this.#subscribers.get(topic);
    if (spokes === undefined) this.#subscribers.set(topic, new Set([spoke]));
    else spokes.add(spoke);
  }

  #unsubscribe(spoke: Spoke<TBody, TFrame>, name: string): void {
    if (!spoke.topics.delete(name)) return;
    const topic = splitTopic(name);
    const spokes = this.#subscribers.get(topic);
    spokes?.delete(spoke);
    if (spokes?.size === 0) this.#subscribers.delete(topic);
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
    const connection = this.#connections.get(spoke);
    if (connection === undefined) return;
    this.#closing.add(spoke);
    spoke.peer.drop(code, reason);
  }

  /** Lets go of a spoke, and tells the program. Returns whether it was still there. */
  #forget(spoke: Spoke<TBody, TFrame>): boolean {
    const connection = this.#connections.get(spoke);
    if (connection === undefined) return false;
    this.#connections.delete(spoke);
    this.#spokes.delete(connection);
    for (const topic of [...spoke.topics]) this.#unsubscribe(spoke, topic);
    if (spoke.announced) {
      this.#call("connect", spoke, () => this.#options.onDisconnection?.(spoke, connection));
    }
    return true;
  }

  #call(stage: "connect" | "backpressure", spoke: Spoke<TBody, TFrame>, callback: () => unknown): void {
    callSafely(callback, (error) => printError(error, { target: spoke, stage }));
  }
}
