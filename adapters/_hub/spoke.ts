import type { SpokeEventTarget } from "./types.ts";
import { BaseEventTarget } from "../../core/base_event_target.ts";
import { topicOfEnvelope } from "../../core/envelope.ts";
import type { EventEnvelope, EventTargetOptions, FlushOptions } from "../../core/types.ts";
import { NORMAL_CLOSURE } from "../_wire/close_codes.ts";
import { Congestion } from "./slow_reader.ts";
import { unsentError } from "../_wire/connection_lost.ts";
import type { Recipient } from "./outgoing/fanout.ts";
import type { RefusedTopic } from "../_wire/frame.ts";
import { type IncomingFlush, Peer, type PeerControl, type PeerOwner } from "../_session/session.ts";
import type { PeerOptions } from "../_session/options.ts";
import type { TokenBucket } from "./token_bucket.ts";
import type { Via } from "../../core/via.ts";
import type { Wire, WireEnd } from "../_wire/wire.ts";
import type { Codec, Encoded } from "../_wire/codec.ts";

/** An event that a spoke has sent. */
export interface IncomingEvent {
  readonly kind: "event";
  readonly envelope: EventEnvelope;
  /** The way that it has come, by what the spoke says. */
  readonly via: Via | undefined;
}

/** Something that a spoke has sent and that could not be read. */
interface IncomingMalformed {
  readonly kind: "malformed";
  readonly error: Error;
}

/** What a spoke has sent, and the hub has to see to. */
export type SpokeIncoming = IncomingEvent | IncomingFlush | IncomingMalformed | PeerControl;

/** What the far end is told of a close. */
type Closure = readonly [code: number, reason: string];

const ORDERLY: Closure = [NORMAL_CLOSURE, ""];

/** Whose spoke it is. */
export interface SpokeOwner<TSpoke> {
  /** The connection is open. */
  onSpokeOpen(spoke: TSpoke): void;
  /** A frame arrived from the spoke. */
  onSpokeFrame(): void;
  /** Something arrived from the spoke. Returns whether to go on with the frame. */
  onSpokeIncoming(spoke: TSpoke, incoming: SpokeIncoming): boolean;
  /** A frame was larger than the hub accepts. */
  onSpokeOversized(spoke: TSpoke): void;
  /** The spoke reads too slowly. */
  onSpokeSlow(spoke: TSpoke, bufferedBytes: number): void;
  /** The conversation is over. */
  onSpokeEnd(spoke: TSpoke, end: WireEnd): void;
  /** The connection itself is gone. */
  onSpokeReleased(spoke: TSpoke): void;
}

/** The bounds of a spoke. */
export interface SpokeBounds extends Required<PeerOptions> {
  /** How many bytes the socket may hold from one turn of the event loop to the next. */
  readonly backpressureThreshold: number;
  /** How long the socket may hold more than that once it was found to, in milliseconds. */
  readonly backpressureGraceMs: number;
}

/** The hub's side of one wire. */
export class Spoke<TConnection, TBody, TFrame> extends BaseEventTarget
  implements SpokeEventTarget, PeerOwner, Recipient<TBody> {
  readonly topics: Set<string> = new Set();
  /** What the program gave. */
  readonly connection: TConnection;
  readonly context: unknown;
  /** The wire's other end. */
  readonly peer: Peer<TBody, TFrame>;
  /** Who the peer has proved to be, where the transport knows. */
  readonly endpointId: string | undefined;
  /** What the hub calls it where it says which way an event has come; given with the first such event. */
  mark: string | undefined;
  /** What holds it to a rate, if anything does. */
  bucket: TokenBucket | undefined;
  /** Whether the program was told of it. */
  announced = false;
  /** Whether the hub ended it for what it did. */
  expelled = false;
  dropped = 0;
  readonly #owner: SpokeOwner<Spoke<TConnection, TBody, TFrame>>;
  readonly #codec: Codec<TBody, TFrame>;
  readonly #bounds: SpokeBounds;
  /** Made when the socket holds too much for the first time, since most spokes always read. */
  #congestion: Congestion | undefined;
  #slow = false;
  /** What the far end is told of a close. */
  #closure = ORDERLY;

  /**
   * @param tag What kind of target it is.
   * @param connection What the program gave.
   * @param wire The wire to the spoke, not started yet.
   * @param codec How envelopes become frames; the same for all spokes of a hub.
   * @param bounds The hub's bounds.
   * @param options Who hears faults.
   * @param owner The hub.
   * @param context What the program knows of it.
   */
  constructor(
    tag: string,
    connection: TConnection,
    wire: Wire<TFrame>,
    codec: Codec<TBody, TFrame>,
    bounds: SpokeBounds,
    options: EventTargetOptions,
    owner: SpokeOwner<Spoke<TConnection, TBody, TFrame>>,
    context?: unknown,
  ) {
    super(tag, options, wire.state === "open" ? "open" : "connecting");
    this.connection = connection;
    this.endpointId = wire.endpointId;
    this.context = context;
    this.#owner = owner;
    this.#codec = codec;
    this.#bounds = bounds;
    this.peer = new Peer(wire, codec, bounds, this, false);
  }

  get echo(): boolean {
    return this.peer.hello?.echo !== false;
  }

  /** Answers what it has asked for. */
  tellSubscribed(ref: string, topics: readonly string[], refused: readonly RefusedTopic[]): void {
    const items: (string | RefusedTopic)[] = [...topics, ...refused];
    this.peer.sendControlOf(items, (some) => ({
      kind: "subscribed",
      ref,
      topics: some.filter((item) => typeof item === "string"),
      refused: some.filter((item) => typeof item !== "string"),
    }));
  }

  /** Tells that subscriptions were ended. */
  tellRevoked(refused: readonly RefusedTopic[]): void {
    this.peer.sendControlOf(refused, (some) => ({ kind: "revoked", refused: some }));
  }

  /** Tells that events of some of its topics may have been missed. */
  tellGap(topics: readonly string[]): void {
    if (topics.length === this.topics.size) this.peer.sendControl({ kind: "gap" });
    else this.peer.sendControlOf(topics, (some) => ({ kind: "gap", topics: some }));
  }

  /** Sends an event that was encoded once for many spokes. */
  deliver(event: Encoded<TBody>): void {
    // It is on its way out: its socket may be closing, and would swallow the event.
    if (!this.ended) this.peer.send(event);
  }

  /** Tells the spoke's own listeners of an event that came from it. */
  hear(envelope: EventEnvelope): void {
    this.dispatcher.emit(envelope);
  }

  /** Ends the target; the hub has let go of it. */
  finish(error: Error | undefined, end: WireEnd): void {
    this.#congestion?.clear();
    this.end(error, { code: end.code, reason: end.reason });
  }

  /** Closes it with the hub: as `close()` does, for a reason of the hub's. */
  closeFor(code: number, reason: string): Promise<void> {
    this.#closure = [code, reason];
    return this.close();
  }

  override flush(options?: FlushOptions): Promise<void> {
    return this.peer.flush(options);
  }

  protected override send(envelope: EventEnvelope): void {
    try {
      const sending = { later: this.peer.sendsLater, shared: false };
      this.deliver(this.#codec.encode(envelope, false, sending));
    } catch (error) {
      this.report("encode", error, topicOfEnvelope(envelope));
    }
  }

  protected override shutdown(): Promise<void> {
    return this.peer.close(...this.#closure);
  }

  admit(bytes: number, control: boolean): boolean {
    if (this.#slow) return false;
    const { peer } = this;
    const { backpressureThreshold, maxBufferedBytes } = this.#bounds;
    const lasts = this.#congestion?.lasts(peer.wireBuffersMoreThan(backpressureThreshold), control);
    this.#slow = lasts || peer.wireBuffersMoreThan(maxBufferedBytes - bytes);
    // Told in a microtask: whoever sends is in the midst of it, and other spokes have not had the event yet.
    if (this.#slow) queueMicrotask(() => this.#owner.onSpokeSlow(this, peer.wireBufferedBytes));
    else if (peer.wireBuffersMoreThan(backpressureThreshold - bytes)) this.#congested.note();
    return !this.#slow;
  }

  onOpen(): void {
    if (this.status.state !== "open") this.setStatus({ state: "open" });
    this.#owner.onSpokeOpen(this);
  }

  onFrame(): void {
    this.#owner.onSpokeFrame();
  }

  onEvent(envelope: EventEnvelope, via: Via | undefined): boolean {
    return this.#owner.onSpokeIncoming(this, { kind: "event", envelope, via });
  }

  onControl(control: PeerControl): boolean {
    return this.#owner.onSpokeIncoming(this, control);
  }

  onFlush(flush: IncomingFlush): boolean {
    return this.#owner.onSpokeIncoming(this, flush);
  }

  onOversized(): void {
    this.#owner.onSpokeOversized(this);
  }

  onMalformed(error: Error): void {
    this.#owner.onSpokeIncoming(this, { kind: "malformed", error });
  }

  onEnd(end: WireEnd, lost: number, waiting: number): void {
    const unsent = lost + waiting;
    const unasked = !this.ended;
    this.#owner.onSpokeEnd(this, end);
    if (end.error !== undefined && (unasked || end.stage === "publish")) {
      this.report(end.stage ?? "connect", end.error);
    }
    // That events of a slow spoke are lost was told when it was found slow.
    if (unsent > 0 && !this.#slow) this.report("publish", unsentError(unsent));
  }

  onReleased(): void {
    this.#owner.onSpokeReleased(this);
  }

  #onGraceEnd(): void {
    const bytes = this.peer.wireBufferedBytes;
    this.#slow = bytes > this.#bounds.backpressureThreshold;
    if (this.#slow) this.#owner.onSpokeSlow(this, bytes);
    else this.#congestion?.clear();
  }

  get #congested(): Congestion {
    return this.#congestion ??= new Congestion(this.#bounds.backpressureGraceMs, () => this.#onGraceEnd());
  }
}
