import type { ErrorStage } from "../../core/types.ts";
import type { SessionControl, SessionGuard } from "../_session/parts.ts";
import type { Session } from "../_session/session.ts";
import { TOO_MANY_REQUESTS } from "../_wire/close_codes.ts";
import type { HubBounds } from "./bounds.ts";
import { IncomingRate } from "./incoming/incoming_rate.ts";
import { SlowReader } from "./slow_reader.ts";

/** The spoke that is guarded against. */
interface GuardedSpoke {
  readonly bounds: HubBounds;
  readonly session: Session;
  /** A frame is about to be read. */
  onFrame(): void;
  /** A frame has been read. */
  flushFaults(): void;
  /** The peer reads too slowly: so many bytes wait for it. */
  onSlow(bufferedBytes: number): void;
  drop(code: number, reason: string, stage: ErrorStage): void;
}

/** Guards a hub against one peer that sends too much, or reads too slowly. */
export class SpokeGuard implements SessionGuard {
  readonly toleratedBytes: number;
  /** Whether the peer reads too slowly. */
  isSlow = false;
  readonly #spoke: GuardedSpoke;
  #rate: IncomingRate | undefined;
  /** Made when the socket first holds too much, since most peers always read. */
  #slowReader: SlowReader | undefined;

  constructor(spoke: GuardedSpoke) {
    const { bounds } = spoke;
    this.#spoke = spoke;
    this.toleratedBytes = Math.min(bounds.backpressureThreshold, bounds.maxBufferedBytes);
    if (bounds.maxEventsPerSecond < Infinity) this.#rate = new IncomingRate(bounds);
  }

  mayReceive(elements: number): boolean {
    this.#spoke.onFrame();
    return this.#isWithin(this.#rate?.takeFrame(elements));
  }

  /** An event is about to be handled. Returns whether it is within the rate; otherwise the spoke has been dropped. */
  takeEvent(): boolean {
    return this.#isWithin(this.#rate?.takeEvent());
  }

  /** Something else is about to be handled. Returns whether it is within the rate; otherwise the spoke has been dropped. */
  takeControl(control: SessionControl): boolean {
    return this.#isWithin(this.#rate?.takeControl(control));
  }

  onRead(size: number): void {
    this.#spoke.flushFaults();
    this.#isWithin(this.#rate?.endFrame(size));
  }

  onAnswer(): void {
    this.#rate?.noteUse();
  }

  onBacklog(isControl: boolean): void {
    const { bounds, session } = this.#spoke;
    const { backpressureThreshold, backpressureGraceMs, maxBufferedBytes } = bounds;
    const { outbox } = session.sender;
    if (this.isSlow) return;
    if (outbox.exceeds(maxBufferedBytes)) return this.#endSlow();
    // What a socket held when the hub was given it has waited long enough.
    if (!isControl && outbox.window.foreign > backpressureThreshold) return this.#endSlow();
    if (this.#slowReader?.isWatching || !outbox.exceeds(backpressureThreshold)) return;
    const onSlow = (): void => this.#endSlow();
    this.#slowReader ??= new SlowReader(outbox, backpressureThreshold, backpressureGraceMs, onSlow);
    this.#slowReader.watch();
  }

  /** Takes over the rate that an older connection of the same link is subject to. */
  inherit(older: SpokeGuard): void {
    this.#rate = older.#rate;
    // The hello that is being read.
    this.#rate?.noteUse();
  }

  stop(): void {
    this.#slowReader?.stop();
  }

  #isWithin(isWithin = true): boolean {
    if (!isWithin) this.#spoke.drop(TOO_MANY_REQUESTS, this.#rate?.reason ?? "", "publish");
    return isWithin;
  }

  #endSlow(): void {
    if (this.isSlow) return;
    this.isSlow = true;
    const { cost } = this.#spoke.session.sender.outbox;
    // Deferred: dropping this spoke now would re-enter the fan-out before the other spokes have received the event.
    queueMicrotask(() => this.#spoke.onSlow(cost));
  }
}
