import { BaseEventTarget } from "../../core/base_event_target.ts";
import { topicOfEnvelope } from "../../core/envelope.ts";
import type {
  EventEnvelope,
  EventTargetOptions,
  FlushOptions,
  PubSubEventTarget,
  TypedEvent,
} from "../../core/types.ts";
import { Congestion } from "./congestion.ts";
import { unsentError } from "./connection_lost.ts";
import { NORMAL_CLOSURE, Peer, type PeerIncoming, type PeerOwner } from "./peer.ts";
import type { PeerOptions } from "./peer_options.ts";
import type { Codec, Encoded, Wire, WireEnd } from "./wire.ts";

/**
 * One peer of a hub: what is published here goes to that spoke alone, whatever it subscribed to, and what is listened
 * to here comes from that spoke alone.
 */
export interface SpokeEventTarget<TEvent extends TypedEvent = TypedEvent> extends PubSubEventTarget<TEvent> {
  /** The topics that the spoke is subscribed to. */
  readonly topics: ReadonlySet<string>;
}

/** Whose spoke it is. */
export interface SpokeOwner<TSpoke> {
  /** The connection is open. */
  onSpokeOpen(spoke: TSpoke): void;
  /** Something arrived from the spoke. Returns whether to go on with the frame. */
  onSpokeIncoming(spoke: TSpoke, incoming: PeerIncoming): boolean;
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
}

/** The hub's side of one wire. */
export class Spoke<TConnection, TBody, TFrame> extends BaseEventTarget
  implements SpokeEventTarget, PeerOwner {
  readonly topics: Set<string> = new Set();
  /** What the program gave. */
  readonly connection: TConnection;
  /** The wire's other end. */
  readonly peer: Peer<TBody, TFrame>;
  /** Who the peer has proved to be, where the transport knows. */
  readonly endpointId: string | undefined;
  /** Whether the program was told of it. */
  announced = false;
  dropped = 0;
  readonly #owner: SpokeOwner<Spoke<TConnection, TBody, TFrame>>;
  readonly #codec: Codec<TBody, TFrame>;
  readonly #bounds: SpokeBounds;
  readonly #congestion = new Congestion();
  #slow = false;

  /**
   * @param tag What kind of target it is.
   * @param connection What the program gave.
   * @param wire The wire to the spoke, not started yet.
   * @param codec How envelopes become frames; the same for all spokes of a hub.
   * @param bounds The hub's bounds.
   * @param options Who hears faults.
   * @param owner The hub.
   */
  constructor(
    tag: string,
    connection: TConnection,
    wire: Wire<TFrame>,
    codec: Codec<TBody, TFrame>,
    bounds: SpokeBounds,
    options: EventTargetOptions,
    owner: SpokeOwner<Spoke<TConnection, TBody, TFrame>>,
  ) {
    super(tag, options, wire.state === "open" ? "open" : "connecting");
    this.connection = connection;
    this.endpointId = wire.endpointId;
    this.#owner = owner;
    this.#codec = codec;
    this.#bounds = bounds;
    this.peer = new Peer(wire, codec, bounds, this, false);
  }

  /** Sends an event that was encoded once for many spokes. */
  deliver(event: Encoded<TBody>): void {
    // It is on its way out: its socket may be closing, and would swallow the event.
    if (!this.ended) this.peer.send(event);
  }

  /** Tells the spoke's own listeners of an event that came from it. */
  hear(envelope: EventEnvelope): void {
    this.registry.emit(envelope);
  }

  /** Ends the target; the hub has let go of it. */
  finish(error: Error | undefined, end: WireEnd): void {
    this.#congestion.clear();
    this.end(error, { code: end.code, reason: end.reason });
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
    return this.peer.close(NORMAL_CLOSURE, "");
  }

  admit(bytes: number, control: boolean): boolean {
    if (this.#slow) return false;
    const { peer } = this;
    const { backpressureThreshold, maxBufferedBytes } = this.#bounds;
    const lasts = this.#congestion.lasts(peer.wireBuffersMoreThan(backpressureThreshold));
    this.#slow = (lasts && !control) || peer.wireBuffersMoreThan(maxBufferedBytes - bytes);
    if (this.#slow) this.#owner.onSpokeSlow(this, peer.wireBufferedBytes);
    else this.#congestion.note(peer.wireBuffersMoreThan(backpressureThreshold - bytes));
    return !this.#slow;
  }

  onOpen(): void {
    if (this.status.state !== "open") this.setStatus({ state: "open" });
    this.#owner.onSpokeOpen(this);
  }

  onIncoming(incoming: PeerIncoming): boolean {
    return this.#owner.onSpokeIncoming(this, incoming);
  }

  onOversized(): void {
    this.#owner.onSpokeOversized(this);
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
}
