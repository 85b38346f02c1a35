import type { VisitorSpoke } from "./access.ts";

/** The longest time that a timer can wait, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Ends spokes when their tokens expire. */
export class Expiry {
  readonly #timers = new Map<VisitorSpoke, ReturnType<typeof setTimeout>>();

  add(spoke: VisitorSpoke): void {
    const { expiresAt } = spoke.context;
    if (expiresAt === Infinity) return;
    const ms = Math.max(0, Math.min(expiresAt - Date.now(), MAX_TIMER_MS));
    this.#timers.set(spoke, setTimeout(() => this.#onTime(spoke), ms));
  }

  remove(spoke: VisitorSpoke): void {
    clearTimeout(this.#timers.get(spoke));
    this.#timers.delete(spoke);
  }

  #onTime(spoke: VisitorSpoke): void {
    if (Date.now() < spoke.context.expiresAt) return this.add(spoke);
    this.remove(spoke);
    // A closing spoke is sent nothing more. A link comes back after this code, with a new token, and keeps its
    // subscriptions: `revoke` would end them for good.
    void spoke.close({ code: 1000, reason: "the token has expired" });
  }
}
