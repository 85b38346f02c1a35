import { NORMAL_CLOSURE } from "../_wire/close_codes.ts";
import { assertBound, MAX_TIMER_MS } from "../../core/arguments.ts";
import type { NextWire, Wire, WireEnd, WireEvents } from "../_wire/wire.ts";

/** After how long a connection is taken for one that lasts, in milliseconds. */
const LASTS_AFTER_MS = 5000;

/** Options of a link that opens its connections itself. */
export interface ReconnectOptions {
  /**
   * Up to how long the first attempt after a loss is delayed, in milliseconds. It doubles with each further attempt, until
   * a connection has lasted for five seconds. The delay itself is random, from 0 to that, so that a thousand spokes do
   * not come back in one moment.
   *
   * @default 500
   */
  readonly reconnectDelayMs?: number;
  /**
   * Up to how long an attempt is delayed at the most, in milliseconds.
   *
   * @default 20_000
   */
  readonly maxReconnectDelayMs?: number;
}

/** What is told to a function that opens a connection. */
export interface OpenConnectionContext {
  /** Aborts when nobody waits for the connection any more; one that comes all the same is closed. */
  readonly signal: AbortSignal;
}

/** Opens a connection. Called for each attempt; what it throws, or rejects with, means that the attempt failed. */
export type OpenConnection<TConnection> = (
  context: OpenConnectionContext,
) => TConnection | PromiseLike<TConnection>;

/**
 * Makes a wire of connections that a function opens, one after the other: each attempt is a wire, and every end but a
 * fatal one leads to the next.
 *
 * @param open Opens a connection.
 * @param toWire Makes a wire of one. What it throws means that the attempt failed.
 * @param options How long to wait.
 * @param random A number from 0 to below 1, as of `Math.random`.
 * @returns The wire of the first attempt, which is made when it is started.
 * @throws {RangeError} If a delay is out of range.
 */
export function reconnectingWire<TConnection, TFrame>(
  open: OpenConnection<TConnection>,
  toWire: (connection: TConnection) => Wire<TFrame>,
  { reconnectDelayMs = 500, maxReconnectDelayMs = 20_000 }: ReconnectOptions,
  random: () => number = Math.random,
): Wire<TFrame> {
  assertBound("reconnectDelayMs", reconnectDelayMs, 1);
  assertBound("maxReconnectDelayMs", maxReconnectDelayMs, reconnectDelayMs);
  let attempt = 0;

  function next(end: WireEnd, upMs: number): NextWire<TFrame> | undefined {
    if (isFatal(end.code)) return undefined;
    if (upMs >= LASTS_AFTER_MS) attempt = 0;
    const most = Math.min(reconnectDelayMs * 2 ** attempt, maxReconnectDelayMs, MAX_TIMER_MS);
    return { wire: new AttemptWire(open, toWire, next), delayMs: random() * most, attempt: ++attempt };
  }
  return new AttemptWire(open, toWire, next);
}

/** Whether the far end would end the next connection for the same reason. */
function isFatal(code = 0): boolean {
  // What one end has sent is not what the other end accepts, be it by RFC 6455 or by the hub's bounds.
  if (code === 1002 || code === 1003 || (code >= 1007 && code <= 1010)) return true;
  // 44xx is HTTP's 4xx: the request is wrong, but for the two of them that are about time.
  return code >= 4400 && code <= 4499 && code !== 4408 && code !== 4429;
}

const nobody: WireEvents = { onOpen() {}, onFrame() {}, onEnd() {} };

/** The wire of a connection that is still to be made. */
class AttemptWire<TConnection, TFrame> implements Wire<TFrame> {
  readonly next: (end: WireEnd, upMs: number) => NextWire<TFrame> | undefined;
  readonly #open: OpenConnection<TConnection>;
  readonly #toWire: (connection: TConnection) => Wire<TFrame>;
  readonly #abandoned = new AbortController();
  #wire: Wire<TFrame> | undefined;
  #events = nobody;

  constructor(
    open: OpenConnection<TConnection>,
    toWire: (connection: TConnection) => Wire<TFrame>,
    next: (end: WireEnd, upMs: number) => NextWire<TFrame> | undefined,
  ) {
    this.#open = open;
    this.#toWire = toWire;
    this.next = next;
  }

  get state(): "connecting" | "open" | "closed" {
    return this.#wire?.state ?? "connecting";
  }

  get bufferedBytes(): number {
    return this.#wire?.bufferedBytes ?? 0;
  }

  start(events: WireEvents): void {
    this.#events = events;
    void this.#run();
  }

  send(frame: TFrame): void {
    this.#wire?.send(frame);
  }

  close(code: number, reason: string): void {
    this.#abandoned.abort();
    if (this.#wire !== undefined) this.#wire.close(code, reason);
    else queueMicrotask(() => this.#events.onEnd({}));
  }

  detach(): void {
    this.#abandoned.abort();
    this.#events = nobody;
    this.#wire?.detach();
  }

  async #run(): Promise<void> {
    const { signal } = this.#abandoned;
    // Whoever made the wire has not returned yet.
    await null;
    if (signal.aborted) return;
    try {
      const wire = this.#toWire(await this.#open({ signal }));
      if (!signal.aborted) return (this.#wire = wire).start(this.#events);
      // Too late. Its errors still have to be heard: `npm:ws` ends the process over one that nobody listens to.
      wire.start(nobody);
      wire.close(NORMAL_CLOSURE, "");
    } catch (error) {
      if (!signal.aborted) this.#events.onEnd({ error: error ?? new Error("There is no connection") });
    }
  }
}
