import { DiagnosedEventTarget } from "../../core/diagnosed_event_target.ts";
import { printable } from "../../core/describe.ts";
import { diagnose } from "../../core/diagnostics.ts";
import type { ErrorStage, EventEnvelope, EventTargetOptions, FlushOptions } from "../../core/types.ts";
import type { Via } from "../../core/via.ts";
import type { Sender } from "../_session/sender.ts";
import type { Batch } from "../_session/batch.ts";
import { Session } from "../_session/session.ts";
import {
  type SessionControl,
  type SessionGuard,
  type SessionHandler,
  SPOKE_PEER,
} from "../_session/parts.ts";
import { MESSAGE_TOO_BIG, TOO_MANY_REQUESTS } from "../_wire/close_codes.ts";
import type { EncodedEnvelope } from "../_wire/codec.ts";
import { reportEnd } from "../_wire/connection_lost.ts";
import type { WireEnd } from "../_wire/wire.ts";
import { FIRST_ANSWER_CREDIT, type HubBounds } from "./bounds.ts";
import { closeReasonOf, DEFAULT_CLOSE_REASON } from "./close_reason.ts";
import { upstreamControl } from "./upstream/upstream_control.ts";
import type { SpokeReplays } from "./history/spoke_replays.ts";
import { FaultReports } from "./incoming/fault_reports.ts";
import { IncomingRate } from "./incoming/incoming_rate.ts";
import { isWithin, PendingWork, type Work } from "./incoming/pending_work.ts";
import { Rejections } from "./incoming/rejections.ts";
import { SpokeMemory } from "./explain.ts";
import { SpokeTraffic } from "./hub_counters.ts";
import type { Refusal } from "./incoming/subscribe_request.ts";
import { type PeerContext, peerContext } from "./peer_context.ts";
import { SlowReader } from "./slow_reader.ts";
import type { SpokeHost, SpokeParts } from "./spoke_parts.ts";
import { SpokeTopics } from "./spoke_topics.ts";
import { spokeStats } from "./hub_stats.ts";
import type { SpokeCloseOptions, SpokeEventTarget, SpokeStats } from "./types.ts";

/** A hub's end of one wire, and all that the hub knows of the peer. */
export class Spoke<TConnection = unknown> extends DiagnosedEventTarget
  implements SpokeEventTarget, SessionHandler, SessionGuard {
  readonly topics: Set<string> = new SpokeTopics();
  readonly connection: TConnection;
  context: unknown;
  readonly bounds: HubBounds;
  readonly toleratedBytes: number;
  readonly session: Session;
  readonly traffic: SpokeTraffic;
  /** The identity that the peer has proved, if the transport knows one. */
  readonly endpointId: string | undefined;
  /** The id of this spoke in the `via` of its events; given with the first such event. */
  hopId: string | undefined;
  /** How many bytes of answers its requests have paid for beyond those that it was sent. */
  answerCredit = FIRST_ANSWER_CREDIT;
  /** What the spoke has sent and the hub has not finished. */
  pending: PendingWork | undefined;
  /** The events of the past that it still gets. */
  replays: SpokeReplays | undefined;
  /** Made for the first refusal or gap. */
  memory: SpokeMemory | undefined;
  /** Whether it is one of the hub's spokes: after its start, and before its end. */
  attached = false;
  /** Whether `onConnection` was called for it. */
  connectionTold = false;
  /** Runs until the connection must be open. */
  openTimer: ReturnType<typeof setTimeout> | undefined;
  /** When its connection ended in a way that may keep what was sent, by `performance.now()`. */
  keepsUnsentSince: number | undefined;
  /** Whether the hub ended it for something that it did. */
  droppedByHub = false;
  readonly #host: SpokeHost<Spoke>;
  readonly #sender: Sender;
  #rate: IncomingRate | undefined;
  #faults: FaultReports | undefined;
  #rejections: Rejections | undefined;
  /** Made when the socket first holds too much, since most peers always read. */
  #slowReader: SlowReader | undefined;
  #isSlow = false;
  #saidHello = false;
  /** The code and the reason that the peer gets when this side closes. */
  #closeReason = DEFAULT_CLOSE_REASON;

  constructor(parts: SpokeParts<TConnection>, options: EventTargetOptions, host: SpokeHost<Spoke>) {
    const { tag, connection, wire, codec, bounds, context } = parts;
    const traffic = new SpokeTraffic(parts.traffic);
    super(tag, options, wire.state === "open" ? "open" : "connecting");
    this.connection = connection;
    this.endpointId = wire.endpointId;
    this.context = context;
    this.#host = host;
    this.bounds = bounds;
    this.toleratedBytes = Math.min(bounds.backpressureThreshold, bounds.maxBufferedBytes);
    if (bounds.maxEventsPerSecond < Infinity) this.#rate = new IncomingRate(bounds);
    this.traffic = traffic;
    // A literal without a spread takes less memory.
    this.session = new Session(
      { wire, codec, bounds, peer: SPOKE_PEER, reporter: this, traffic, guard: this },
      this,
    );
    this.#sender = this.session.sender;
  }

  /** Marks the target for the printer of faults: the peer may cause them at any rate. */
  get isOfPeer(): true {
    return true;
  }

  /** The reports of what the peer does wrong. */
  get faults(): FaultReports {
    return this.#faults ??= new FaultReports(this);
  }

  /** Tells the peer which of its events were refused. */
  get rejections(): Rejections {
    return this.#rejections ??= new Rejections(this);
  }

  stopRejections(): void {
    this.#rejections?.stop();
  }

  /** Whether the spoke has said hello, or is subscribed, or asks to be. */
  get isKnown(): boolean {
    return this.#sender.hello !== undefined || this.topics.size > 0 || this.pending !== undefined;
  }

  /** Whether the spoke wants the events back that it has published itself. */
  get wantsEcho(): boolean {
    return this.#sender.hello?.echo !== false;
  }

  /** Whether it reads too slowly. */
  get isSlow(): boolean {
    return this.#isSlow;
  }

  /** Notes that it was refused topics. */
  noteRefused(refusals: readonly (readonly [topic: string, refusal: Refusal])[]): void {
    if (refusals.length === 0) return;
    (this.memory ??= new SpokeMemory()).refuse(refusals);
    for (const [topic, { reason, by }] of refusals) {
      diagnose(() => ({ kind: "refusal", target: this, topic, reason, by }));
    }
  }

  /** Whether it is sent events: while it closes, its socket would lose them. */
  get takesEvents(): boolean {
    return !this.ended && !this.#isSlow;
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
    this.dispatcher.emit(envelope);
  }

  /** Takes over what waits of an older connection of the same link, and the rate that this is subject to. */
  inherit(older: Spoke): void {
    this.pending = older.pending;
    older.pending = undefined;
    this.#rate = older.#rate;
    // The hello that is being read.
    this.#rate?.noteUse();
  }

  /** Forgets its work once nothing waits. */
  dropIdlePending(): void {
    if (this.pending?.isIdle) this.pending = undefined;
  }

  /** Adds work that waits, and drops the spoke if that is too much: it sends faster than the hub handles. */
  addPending(work: Work): void {
    const pending = this.pending ??= new PendingWork();
    pending.add(work);
    if (isWithin(pending, this.bounds)) return;
    const { maxPending, maxBufferedBytes } = this.bounds;
    const reason = `more than ${maxPending} events or ${maxBufferedBytes} bytes wait to be handled`;
    this.drop(TOO_MANY_REQUESTS, reason, "backpressure");
  }

  /** Names the peer in the report, as far as the program or the transport knows it. */
  override report(stage: ErrorStage, error: unknown, topic?: string, more?: PeerContext): void {
    super.report(stage, error, topic, { ...peerContext(this), ...more });
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
    this.#slowReader?.stop();
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
    else this.traffic.add(this.#isSlow ? "slow" : "closing");
  }

  override facts(): object {
    const { topics, endpointId } = this;
    // A plain `Set`, of text that can be printed: a peer has chosen it.
    const names = new Set(Array.from(topics, (topic) => printable(topic)));
    return { topics: names, ...(endpointId !== undefined && { endpointId }) };
  }

  protected override shutdown(): Promise<void> {
    return this.session.close(...this.#closeReason);
  }

  mayReceive(elements: number): boolean {
    this.#host.onSpokeFrame();
    return this.#isWithin(this.#rate?.takeFrame(elements));
  }

  onRead(size: number): void {
    this.#faults?.flush();
    this.#isWithin(this.#rate?.endFrame(size));
  }

  onAnswer(): void {
    this.#rate?.noteUse();
  }

  onBacklog(isControl: boolean): void {
    const { backpressureThreshold, backpressureGraceMs, maxBufferedBytes } = this.bounds;
    const { outbox } = this.#sender;
    if (this.#isSlow) return;
    if (outbox.exceeds(maxBufferedBytes)) return this.#endSlow();
    // What a socket held when the hub was given it has waited long enough.
    if (!isControl && outbox.window.foreign > backpressureThreshold) return this.#endSlow();
    if (this.#slowReader?.isWatching || !outbox.exceeds(backpressureThreshold)) return;
    const onSlow = (): void => this.#endSlow();
    this.#slowReader ??= new SlowReader(outbox, backpressureThreshold, backpressureGraceMs, onSlow);
    this.#slowReader.watch();
  }

  onOpen(): void {
    if (this.status.state !== "open") this.setStatus({ state: "open" });
    this.#host.onSpokeOpen(this);
  }

  onEvent(envelope: EventEnvelope, via: Via | undefined): boolean {
    this.traffic.heard++;
    if (!this.#isWithin(this.#rate?.takeEvent())) {
      this.#host.incoming.onDropped(this);
      return false;
    }
    this.#host.incoming.onEvent(this, envelope, via);
    return this.attached;
  }

  onControl(control: SessionControl): boolean {
    if (!this.#isWithin(this.#rate?.takeControl(control.kind))) return false;
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
    // The lost events of a slow spoke were reported when it was found slow.
    reportEnd(this, end, isUnexpected, this.#isSlow ? 0 : lost + waiting);
  }

  onReleased({ keepsUnsent }: WireEnd): void {
    if (keepsUnsent && (this.session.closedFull || this.#sender.outbox.window.mayHoldMuch)) {
      this.keepsUnsentSince = performance.now();
    } else this.#host.onSpokeReleased(this);
  }

  #isWithin(isWithin = true): boolean {
    if (!isWithin) this.drop(TOO_MANY_REQUESTS, this.#rate?.reason ?? "", "publish");
    return isWithin;
  }

  #endSlow(): void {
    if (this.#isSlow) return;
    this.#isSlow = true;
    const { cost } = this.#sender.outbox;
    // Deferred: dropping this spoke now would re-enter the fan-out before the other spokes have received the event.
    queueMicrotask(() => this.#host.onSpokeSlow(this, cost));
  }
}
