import type { Control } from "../_wire/frame.ts";
import { LIVENESS_REF } from "./sender.ts";

/** The shortest interval of a peer that is served, in milliseconds, so that no peer can ask for a timer without end. */
const MIN_INTERVAL_MS = 20;

/**
 * Lets a peer that is busy sending hear that it is heard: what it sent first since this end last sent anything is
 * answered within half of the interval after which the peer would ask.
 */
export class SignOfLife {
  readonly #delayMs: number;
  readonly #outbox: { isQuiet: boolean };
  readonly #send: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param heartbeatMs The interval of the peer, in milliseconds; at most 2,147,483,647.
   * @param outbox Clears the flag when it sends anything.
   */
  constructor(heartbeatMs: number, outbox: { isQuiet: boolean }, send: () => void) {
    this.#delayMs = Math.max(heartbeatMs, MIN_INTERVAL_MS) / 2;
    this.#outbox = outbox;
    this.#send = send;
  }

  /** The peer has sent something that is not answered. */
  owe(): void {
    this.#outbox.isQuiet = true;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#outbox.isQuiet) this.#send();
    }, this.#delayMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

/** Whether a control only asks for a sign of life, or is one. */
export function isSignOfLife(control: Control | string | undefined): boolean {
  return typeof control === "object" && (control.kind === "ping" || control.kind === "pong") &&
    control.ref === LIVENESS_REF;
}
