import type { Codec } from "../_wire/codec.ts";
import { MESSAGE_TOO_BIG, TOO_MANY_REQUESTS, UNAUTHORIZED } from "../_wire/close_codes.ts";
import { readControl } from "../_wire/frame.ts";
import { readFromSpoke } from "../_wire/from_spoke.ts";
import { memoryBytes } from "../../core/value_size.ts";
import type { Wire, WireEnd, WireEvents } from "../_wire/wire.ts";
import type { HubBounds } from "./bounds.ts";
import { isWithin } from "./incoming/pending_work.ts";
import type { Spoke } from "./spoke.ts";
import type { Authenticate } from "./types.ts";

const NOT_AUTHENTICATED = "not authenticated";

/**
 * A wire that opens once the program knows who the peer is. What arrives before waits, in order, so that nobody behind
 * this wire must know of it.
 */
export class AuthenticatingWire implements Wire {
  readonly ping?: () => void;
  readonly endpointId?: string;
  readonly #wire: Wire;
  readonly #codec: Codec;
  readonly #bounds: HubBounds;
  readonly #spoke: () => Spoke;
  readonly #authenticate: (spoke: Spoke, credentials: unknown) => unknown;
  #events: WireEvents | undefined;
  /** The frames that arrived before the peer was accepted. Absent from then on. */
  #waiting: unknown[] | undefined = [];
  #bytes = 0;
  /** Whether the program was asked. */
  #isAnswering = false;
  /** The end of the wire, if that came before the peer was accepted. */
  #end: WireEnd | undefined;

  /** @param spoke The spoke over this wire, which is made later. */
  constructor(wire: Wire, codec: Codec, bounds: HubBounds, spoke: () => Spoke, authenticate: Authenticate) {
    this.#wire = wire;
    this.#codec = codec;
    this.#bounds = bounds;
    this.#spoke = spoke;
    this.#authenticate = authenticate;
    if (wire.endpointId !== undefined) this.endpointId = wire.endpointId;
    if (wire.ping !== undefined) this.ping = () => wire.ping?.();
  }

  get state(): "connecting" | "open" | "closed" {
    const { state } = this.#wire;
    return this.#waiting === undefined || state === "closed" ? state : "connecting";
  }

  /** Whether the connection is open and its peer is not accepted yet. */
  get isAsking(): boolean {
    return this.#waiting !== undefined && this.#wire.state !== "connecting";
  }

  get bufferedBytes(): number {
    return this.#wire.bufferedBytes;
  }

  get hidesUnsent(): boolean {
    return this.#wire.hidesUnsent === true;
  }

  start(events: WireEvents): void {
    this.#events = events;
    this.#wire.start({
      onOpen() {},
      onFrame: (data) => this.#onFrame(data),
      onSignOfLife: () => events.onSignOfLife(),
      onEnd: (end) => this.#onEnd(end),
    });
  }

  send(frame: unknown): void {
    this.#wire.send(frame);
  }

  close(code: number, reason: string, isStuck?: boolean): void {
    this.#forget();
    this.#wire.close(code, reason, isStuck);
  }

  detach(): void {
    this.#forget();
    this.#events = undefined;
    this.#wire.detach();
  }

  #onFrame(data: unknown): void {
    if (this.#waiting === undefined) return this.#events?.onFrame(data);
    const { maxFrameBytes } = this.#bounds;
    // No hello that is larger would ever be read.
    if (this.#codec.isLargerThan(data, maxFrameBytes)) {
      return this.#spoke().drop(MESSAGE_TOO_BIG, `a frame of more than ${maxFrameBytes} bytes`, "decode");
    }
    this.#waiting.push(data);
    this.#bytes += memoryBytes(data);
    const { maxPending, maxBufferedBytes } = this.#bounds;
    if (!isWithin({ count: this.#waiting.length, bytes: this.#bytes }, this.#bounds)) {
      const reason = `more than ${maxPending} frames or ${maxBufferedBytes} bytes before it is authenticated`;
      return this.#spoke().drop(TOO_MANY_REQUESTS, reason, "backpressure");
    }
    if (this.#isAnswering) return;
    const hello = this.#helloIn(data);
    if (hello === undefined) return;
    this.#isAnswering = true;
    this.#ask(hello.credentials);
  }

  /** The end waits for the answer: what the peer sent before still takes effect, if the peer is accepted. */
  #onEnd(end: WireEnd): void {
    if (this.#waiting !== undefined && this.#isAnswering) return void (this.#end = end);
    this.#waiting = undefined;
    this.#events?.onEnd(end);
  }

  /** The hello of a frame, if there is one. */
  #helloIn(data: unknown): { readonly credentials?: unknown } | undefined {
    let frame: unknown;
    try {
      frame = this.#codec.decode(data);
    } catch {
      // Reported once it is its turn.
      return undefined;
    }
    for (const value of Array.isArray(frame) ? frame : [frame]) {
      const control = readControl(value, readFromSpoke);
      if (typeof control !== "object" || control.kind !== "hello") continue;
      // Cast: a hello whose payload is absent has no credentials.
      return (control.who ?? {}) as { readonly credentials?: unknown };
    }
    return undefined;
  }

  #ask(credentials: unknown): void {
    const spoke = this.#spoke();
    try {
      const context = this.#authenticate(spoke, credentials);
      if (!isThenable(context)) return this.#onContext(context);
      void Promise.resolve(context).then((late) => this.#onContext(late), (error) => this.#refuse(error));
    } catch (error) {
      this.#refuse(error);
    }
  }

  #onContext(context: unknown): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    if (context === undefined || context === null || context === false) return this.#refuse();
    this.#spoke().context = context;
    this.#waiting = undefined;
    this.#events?.onOpen();
    for (const data of waiting) this.#events?.onFrame(data);
    if (this.#end !== undefined) this.#events?.onEnd(this.#end);
  }

  #refuse(cause?: unknown): void {
    if (this.#waiting === undefined) return;
    const spoke = this.#spoke();
    const error = new Error("Cannot authenticate a spoke", cause === undefined ? {} : { cause });
    spoke.report("connect", error);
    spoke.expel(UNAUTHORIZED, NOT_AUTHENTICATED);
  }

  /** Nothing that waits is handled any more. */
  #forget(): void {
    this.#waiting = undefined;
    const end = this.#end;
    if (end !== undefined) queueMicrotask(() => this.#events?.onEnd(end));
    this.#end = undefined;
  }
}

/** Whether a value may be a promise, of any library: taken for a context, it would accept everybody. */
function isThenable(value: unknown): boolean {
  return typeof value === "object" && value !== null && "then" in value;
}
