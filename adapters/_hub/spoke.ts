import type { ErrorStage, EventEnvelope, EventTargetOptions, FlushOptions } from "../../core/types.ts";
import type { Via } from "../../core/via.ts";
import type { SpokeSender } from "../_session/spoke_sender.ts";
import type { Batch } from "../_session/batch.ts";
import { Session } from "../_session/session.ts";
import { type SessionControl, type SessionHandler, SPOKE_PEER } from "../_session/parts.ts";
import { HELLO_UNANSWERED, MESSAGE_TOO_BIG, TOO_MANY_REQUESTS } from "../_wire/close_codes.ts";
import type { EncodedEnvelope } from "../_wire/codec.ts";
import { reportEnd, reportMissedHello } from "../_wire/connection_lost.ts";
import type { WireEnd } from "../_wire/wire.ts";
import type { HubBounds } from "./bounds.ts";
import { closeReasonOf, DEFAULT_CLOSE_REASON } from "./close_reason.ts";
import { upstreamControl } from "./upstream/upstream_control.ts";
import type { SpokeReplays } from "./history/spoke_replays.ts";
import { isWithin, PendingWork, type Work } from "./incoming/pending_work.ts";
import { SpokeTraffic } from "./hub_counters.ts";
import { PeerEventTarget } from "./peer_event_target.ts";
import { SpokeGuard } from "./spoke_guard.ts";
import type { SpokeHost, SpokeParts } from "./spoke_parts.ts";
import { spokeStats } from "./hub_stats.ts";
import type { SpokeCloseOptions, SpokeEventTarget, SpokeStats } from "./types.ts";

/** A hub's end of one wire, and all that the hub knows of the peer. */
export class Spoke<TConnection = unknown> extends PeerEventTarget
  implements SpokeEventTarget, SessionHandler {
  readonly connection: TConnection;
  readonly bounds: HubBounds;
  readonly session: Session<SpokeSender>;
  readonly traffic: SpokeTraffic;
  /** The id of this spoke in the `via` of its events; given with the first such event. */
  hopId: string | undefined;
  /** The work that the spoke has sent and the hub has not finished. */
  pending: PendingWork | undefined;
  /** The events of the past that it still gets. */
  replays: SpokeReplays | undefined;
  /** Whether `onConnection` was called for it. */
  connectionTold = false;
  /** Runs until the connection must be open. */
  openTimer: ReturnType<typeof setTimeout> | undefined;
  /** The time at which its connection ended in a way that may keep what was sent, by `performance.now()`. */
  keepsUnsentSince: number | undefined;
  /** Whether the hub ended it for something that it did. */
  droppedByHub = false;
  readonly #host: SpokeHost<Spoke>;
  readonly #sender: SpokeSender;
  readonly #guard: SpokeGuard;
  #saidHello = false;
  /** The code and the reason that the peer gets when this side closes. */
  #closeReason = DEFAULT_CLOSE_REASON;

  constructor(parts: SpokeParts<TConnection>, options: EventTargetOptions, host: SpokeHost<Spoke>) {
    const { tag, connection, wire, codec, bounds, context } = parts;
    const traffic = new SpokeTraffic(parts.traffic);
    super(tag, options, wire, context);
    this.connection = connection;
    this.#host = host;
    this.bounds = bounds;
    this.traffic = traffic;
    const guard = this.#guard = new SpokeGuard(this);
    // A literal without a spread takes less memory.
    this.session = new Session(
      { wire, codec, bounds, peer: SPOKE_PEER, reporter: this, traffic, guard },
      this,
    );
    this.#sender = this.session.sender;
  }

  /** Whether the spoke has said hello, or is subscribed, or asks to be. */
  get isKnown(): boolean {
    return this.#sender.hello !== undefined || this.subscribed.size > 0 || this.pending !== undefined;
  }

  /** Whether the spoke wants the events back that it has published itself. */
  get wantsEcho(): boolean {
    return this.#sender.hello?.echo !== false;
  }

  /** Whether it reads too slowly. */
  get isSlow(): boolean {
    return this.#guard.isSlow;
  }

  /** Whether it is sent events: while it closes, its socket would lose them. */
  get takesEvents(): boolean {
    return !this.ended && !this.#guard.isSlow;
  }

  /** Sends an event that was encoded once for many spokes. */
  deliver(event: EncodedEnvelope): void {
    this.traffic.given++;
    this.#deliver(event);
  }

  /** Lets the event that was delivered last grow to a batch, for this spoke among others. Returns whether it will. */
  follow(batch: Batch): boolean {
    return this.takesEvents && this.#sender.outbox.follow(batch);
  }

  /** Delivers an event that came from this spoke to the listeners of the spoke. */
  emit(envelope: EventEnvelope): void {
    // Most spokes never have any, and need no dispatcher.
    if (this.hadListeners) this.dispatcher.emit(envelope);
  }

  /** Takes over what waits of an older connection of the same link, and the rate that this is subject to. */
  inherit(older: Spoke): void {
    this.pending = older.pending;
    older.pending = undefined;
    this.#guard.inherit(older.#guard);
  }

  /** Forgets its work once nothing waits. */
  dropIdlePending(): void {
    if (this.pending?.isIdle) this.pending = undefined;
  }

  /** Adds work that waits, and drops the spoke if that is too much: it sends faster than the hub handles. */
  addPending(work: Work): void {
    const pending = this.pending ??= new PendingWork();
    pending.add(work);
    // What waits for a turn is the rest of what was read before: no spoke is dropped for a frame that it may send.
    if (pending.isYielding || isWithin(pending, this.bounds)) return;
    const { maxPending, maxBufferedBytes } = this.bounds;
    const reason = `more than ${maxPending} events or ${maxBufferedBytes} bytes wait to be handled`;
    this.drop(TOO_MANY_REQUESTS, reason, "backpressure");
  }

  /** Ends the spoke for something that it did, and reports that. */
  drop(code: number, reason: string, stage: ErrorStage, topic?: string): void {
    if (!this.attached) return;
    this.report(stage, new RangeError(`The spoke is dropped: ${reason}`), topic);
    this.expel(code, reason);
  }

  /** Ends the spoke without a report. */
  expel(code: number, reason: string): void {
    if (!this.attached) return;
    this.droppedByHub = true;
    this.session.drop(code, reason);
  }

  override close(options?: SpokeCloseOptions): Promise<void> {
    return this.closeFor(...closeReasonOf(options));
  }

  /** Tells a spoke that speaks the protocol whether the hub's upstream is there. */
  tellUpstream(outageHops: number): void {
    if (this.#sender.hello !== undefined) this.#sender.sendControl(upstreamControl(outageHops));
  }

  /** Closes the spoke with a code of the hub or of the program. */
  closeFor(code: number, reason: string): Promise<void> {
    this.#closeReason = [code, reason];
    return super.close();
  }

  /** Ends the event target, after the hub has forgotten it. */
  finish(error: Error | undefined, { code, reason }: WireEnd): void {
    this.#guard.stop();
    this.end(error, { code, reason });
  }

  /** The events that wait to be handed over. */
  get waiting(): number {
    return this.#sender.outbox.queue.events;
  }

  /** The bytes that wait, in the hub and in the socket. */
  get bufferedBytes(): number {
    const { queue, window } = this.#sender.outbox;
    return queue.bytes + window.bytes;
  }

  override stats(): SpokeStats {
    return spokeStats(super.stats(), this);
  }

  override flush(options?: FlushOptions): Promise<void> {
    return this.session.flush(options);
  }

  protected override send(envelope: EventEnvelope): void {
    const event = this.#sender.encode(envelope);
    if (event !== undefined) this.#deliver(event);
  }

  #deliver(event: EncodedEnvelope): void {
    if (this.takesEvents) this.#sender.send(event);
    else this.traffic.add(this.isSlow ? "slow" : "closing");
  }

  protected override shutdown(): Promise<void> {
    return this.session.close(...this.#closeReason);
  }

  onFrame(): void {
    this.#host.onSpokeFrame();
  }

  onSlow(bufferedBytes: number): void {
    this.#host.onSpokeSlow(this, bufferedBytes);
  }

  onOpen(): void {
    if (this.status.state !== "open") this.setStatus({ state: "open" });
    this.#host.onSpokeOpen(this);
  }

  onEvent(envelope: EventEnvelope, via: Via | undefined): boolean {
    this.traffic.heard++;
    if (!this.#guard.takeEvent()) {
      this.#host.incoming.onDropped(this);
      return false;
    }
    this.#host.incoming.onEvent(this, envelope, via);
    return this.attached;
  }

  onControl(control: SessionControl): boolean {
    if (!this.#guard.takeControl(control)) return false;
    if (control.kind === "hello" && !this.#saidHello) {
      this.#saidHello = true;
      this.#host.links.welcome(this, control.who);
      if (!this.attached) return false;
    }
    if (control.kind !== "oversized") this.#host.incoming.onControl(this, control);
    else this.drop(MESSAGE_TOO_BIG, `a frame of more than ${this.bounds.maxFrameBytes} bytes`, "decode");
    return this.attached;
  }

  onEnd(end: WireEnd, lost: number, waiting: number): void {
    const isUnexpected = !this.ended;
    this.traffic.add("lost", lost + waiting);
    if (end.keepsUnsent) this.session.closedFull ||= this.#sender.outbox.window.isStuck;
    this.#host.onSpokeEnd(this, end);
    if (end.reason === HELLO_UNANSWERED && this.#sender.hello === undefined) reportMissedHello(this);
    // The lost events of a slow spoke were reported when it was found slow.
    reportEnd(this, end, isUnexpected, this.isSlow ? 0 : lost + waiting);
  }

  onReleased({ keepsUnsent }: WireEnd): void {
    if (keepsUnsent && (this.session.closedFull || this.#sender.outbox.mayHoldMuch)) {
      this.keepsUnsentSince = performance.now();
    } else this.#host.onSpokeReleased(this);
  }
}
