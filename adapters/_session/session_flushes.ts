import { ConnectionLostError } from "../../core/errors.ts";
import { PendingFlushes } from "../../core/pending_flushes.ts";
import type { FlushOptions } from "../../core/types.ts";
import type { SessionParts } from "./parts.ts";
import type { Sender } from "./sender.ts";

/** The flushes of one session: pings whose answers confirm what was sent before. */
export class SessionFlushes {
  readonly #parts: SessionParts;
  readonly #sender: Sender;
  #pending: PendingFlushes | undefined;
  /** The last ping that was sent, and the events before it. */
  #asked: { readonly ref: string; readonly events: number } | undefined;
  readonly #unconfirmed: number;

  /** @param unconfirmed How many events were handed to wires before this one and not confirmed. */
  constructor(parts: SessionParts, sender: Sender, unconfirmed: number) {
    this.#parts = parts;
    this.#sender = sender;
    this.#unconfirmed = unconfirmed;
  }

  /** Resolves once the peer has answered everything that was sent before. */
  start({ signal }: FlushOptions = {}): Promise<void> {
    if (this.#sender.stopped) {
      return Promise.reject(new ConnectionLostError("Cannot flush: the connection has ended"));
    }
    this.#pending ??= new PendingFlushes(this.#parts.bounds.flushTimeoutMs);
    return this.#pending.start((ref) => this.#ask(ref), signal);
  }

  /** Continues the flushes of a session that has ended. */
  takeOver(before: SessionFlushes): void {
    this.#pending = before.#pending;
    before.#pending = undefined;
    this.askAll();
  }

  /** Asks for all answers that have not come. */
  askAll(): void {
    for (const ref of this.#pending?.refs ?? []) this.#ask(ref);
  }

  /** The peer has answered a ping. */
  onAnswer(ref: string): void {
    this.#confirm(ref);
    if (this.#pending?.answer(ref)) this.#parts.guard?.onAnswer?.();
  }

  rejectAll(error: Error): void {
    this.#pending?.rejectAll(error);
  }

  #ask(ref: string): void {
    this.#asked = { ref, events: this.#sender.events };
    this.#sender.askForAnswer(ref);
  }

  /** The peer has received what was sent before a ping. Events that were too large may have been among it. */
  #confirm(ref: string): void {
    if (this.#asked?.ref !== ref) return;
    const { traffic } = this.#parts;
    const confirmed = this.#asked.events - traffic.of("tooLarge") - this.#unconfirmed;
    traffic.add("confirmed", Math.max(0, confirmed - traffic.of("confirmed")));
  }
}
