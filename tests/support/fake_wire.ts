import type { Wire, WireEnd, WireEvents } from "../../adapters/_wire/wire.ts";

/** An envelope in a frame. */
export interface SentEnvelope {
  readonly type: string;
  readonly id: string;
  readonly payload?: unknown;
}

/** A wire without a transport, for faults and timing that a real one cannot produce on demand. */
export class FakeWire implements Wire<string> {
  state: "connecting" | "open" | "closed";
  bufferedBytes = 0;
  /** Whether frames stay in the wire until {@linkcode FakeWire.leave}. */
  holds = false;
  /** The bytes that each frame takes there beside its own. */
  framingBytes = 0;
  /** The frames that were sent while the wire was open. */
  readonly frames: string[] = [];
  /** The frames that were sent while it was not. */
  readonly lost: string[] = [];
  /** How it was closed from this side. */
  readonly closes: { readonly code: number; readonly reason: string }[] = [];
  detached = false;
  /** Thrown by `send` until it is unset. */
  sendFault: Error | undefined;
  #events: WireEvents | undefined;

  constructor(state: "connecting" | "open" | "closed" = "open") {
    this.state = state;
  }

  start(events: WireEvents): void {
    this.#events = events;
    if (this.state === "open") events.onOpen();
  }

  send(frame: string): void {
    if (this.sendFault !== undefined) throw this.sendFault;
    (this.state === "open" ? this.frames : this.lost).push(frame);
    if (this.holds) this.bufferedBytes += new TextEncoder().encode(frame).length + this.framingBytes;
  }

  /** Some of what the wire holds leaves it, or all. */
  leave(bytes = Infinity): void {
    this.bufferedBytes = Math.max(0, this.bufferedBytes - bytes);
  }

  close(code: number, reason: string): void {
    this.closes.push({ code, reason });
    this.state = "closed";
  }

  detach(): void {
    this.detached = true;
    this.#events = undefined;
  }

  /** The transport opens. */
  open(): void {
    this.state = "open";
    this.#events?.onOpen();
  }

  /** Something arrives. */
  receive(data: unknown): void {
    this.#events?.onFrame(data);
  }

  /** A frame of envelopes arrives. */
  receiveEnvelopes(...envelopes: SentEnvelope[]): void {
    this.receive(JSON.stringify(envelopes.length === 1 ? envelopes[0] : envelopes));
  }

  /** A hub answers the hello. */
  answerHello(): void {
    this.receiveEnvelopes({ type: "__hello", id: "", payload: { version: 1, batch: true } });
  }

  /** The transport ends. */
  end(end: WireEnd = {}): void {
    const events = this.#events;
    this.state = "closed";
    this.#events = undefined;
    events?.onEnd(end);
  }

  /** The envelopes that were sent, of all frames. */
  get envelopes(): SentEnvelope[] {
    return this.frames.flatMap((frame): SentEnvelope[] => JSON.parse(frame));
  }
}
