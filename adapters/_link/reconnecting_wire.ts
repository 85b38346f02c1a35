import { assertBound, MAX_TIMER_MS } from "../../core/arguments.ts";
import { NORMAL_CLOSURE } from "../_wire/close_codes.ts";
import type { NextWire, Wire, WireEnd, WireEvents } from "../_wire/wire.ts";
import type { OpenConnection, ReconnectOptions } from "./options.ts";

/** How long a connection must stay up for the delays to start again, in milliseconds. */
const LASTS_AFTER_MS = 5000;

/**
 * A wire over connections that a function opens, one after the other. Each attempt is a wire, and every end that is not
 * fatal leads to the next attempt.
 *
 * @param toWire Makes a wire of a connection. The attempt fails if it throws.
 * @param random A number from 0 to below 1, as `Math.random` returns.
 */
export function reconnectingWire<TConnection, TFrame>(
  open: OpenConnection<TConnection>,
  toWire: (connection: TConnection) => Wire<TFrame>,
  { reconnectDelayMs = 500, maxReconnectDelayMs, shouldReconnect }: ReconnectOptions,
  random: () => number = Math.random,
): Wire<TFrame> {
  assertBound("reconnectDelayMs", reconnectDelayMs, 1);
  const maxDelayMs = maxReconnectDelayMs ?? Math.max(20_000, reconnectDelayMs);
  assertBound("maxReconnectDelayMs", maxDelayMs, reconnectDelayMs);
  let attempt = 0;
  /** The number of a failed attempt counts the first one of all, which is not an attempt to connect again. */
  let first = 1;
  const attemptWire = () => new AttemptWire(open, toWire, next, attempt + first);

  function next(end: WireEnd, upMs: number): NextWire<TFrame> | undefined {
    if (!(shouldReconnect?.(end) ?? !isFatal(end.code))) return undefined;
    if (upMs >= LASTS_AFTER_MS) attempt = first = 0;
    const most = Math.min(reconnectDelayMs * 2 ** attempt, maxDelayMs, MAX_TIMER_MS);
    attempt++;
    return { wire: attemptWire(), delayMs: random() * most, attempt };
  }
  return attemptWire();
}

/** Whether the far end would end the next connection for the same reason. */
function isFatal(code = 0): boolean {
  // One end does not accept what the other sends, by RFC 6455 or by the bounds of the hub.
  if ([1002, 1003, 1007, 1008, 1010].includes(code)) return true;
  // 44xx is HTTP's 4xx: the request is wrong. Two codes of them are about time.
  return code >= 4400 && code <= 4499 && code !== 4408 && code !== 4429;
}

const NO_EVENTS: WireEvents = { onOpen() {}, onFrame() {}, onSignOfLife() {}, onEnd() {} };

/** The wire of a connection that is yet to be opened. */
class AttemptWire<TConnection, TFrame> implements Wire<TFrame> {
  readonly next: Required<Wire<TFrame>>["next"];
  readonly attempt: number;
  readonly #open: OpenConnection<TConnection>;
  readonly #toWire: (connection: TConnection) => Wire<TFrame>;
  readonly #abandoned = new AbortController();
  #wire: Wire<TFrame> | undefined;
  #events = NO_EVENTS;
  #failure: ReturnType<typeof setTimeout> | undefined;

  constructor(
    open: OpenConnection<TConnection>,
    toWire: (connection: TConnection) => Wire<TFrame>,
    next: Required<Wire<TFrame>>["next"],
    attempt: number,
  ) {
    this.#open = open;
    this.#toWire = toWire;
    this.next = next;
    this.attempt = attempt;
  }

  get state(): "connecting" | "open" | "closed" {
    return this.#wire?.state ?? "connecting";
  }

  get peer(): string | undefined {
    return this.#wire?.peer;
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
    this.#abandon();
    if (this.#wire !== undefined) this.#wire.close(code, reason);
    else queueMicrotask(() => this.#events.onEnd({}));
  }

  detach(): void {
    this.#abandon();
    this.#events = NO_EVENTS;
    this.#wire?.detach();
  }

  async #run(): Promise<void> {
    const { signal } = this.#abandoned;
    // The caller of start() must return first.
    await null;
    if (signal.aborted) return;
    try {
      // Started in the turn that makes it: what arrives before is lost.
      const wire = this.#toWire(await this.#open({ signal }));
      if (!signal.aborted) return (this.#wire = wire).start(this.#events);
      // Too late. It is started all the same: `npm:ws` ends the process over an error without a listener.
      wire.start(NO_EVENTS);
      wire.close(NORMAL_CLOSURE, "");
    } catch (error) {
      if (signal.aborted) return;
      const end = { error: error ?? new Error("There is no connection") };
      // In a later turn: a program that calls reconnect() at each failure would keep timers from running.
      this.#failure = setTimeout(() => this.#events.onEnd(end));
    }
  }

  #abandon(): void {
    this.#abandoned.abort();
    clearTimeout(this.#failure);
  }
}
