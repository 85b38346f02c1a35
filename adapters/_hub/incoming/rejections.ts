import { utf8Length } from "../../../core/utf8.ts";
import type { Control } from "../../_wire/frame.ts";
import type { Sender } from "../../_session/sender.ts";
import { ANSWER_BYTES_PER_BYTE, FIRST_ANSWER_CREDIT } from "../bounds.ts";
import type { EventRefusal } from "./subscribe_request.ts";

/** The most messages about rejections that a spoke is sent in a second. */
const MAX_PER_SECOND = 10;

/** The smallest event beside its topic, whose separator is not sent. */
const EVENT_BYTES = '{"type":"","id":""}'.length - ":".length;

/** The part of a payload that pays for a message, in bytes. */
const MAX_COUNTED_BYTES = 1024;

/** How long a message waits that is not paid for, in milliseconds: more of the same may follow. */
const MIN_WAIT_MS = 100;

type Rejected = Extract<Control, { kind: "rejected" }>;

/** The spoke that gets the messages. */
interface Publisher {
  readonly attached: boolean;
  answerCredit: number;
  readonly session: { readonly sender: Sender };
}

/**
 * Tells one spoke which of its events were refused: ten times a second at most, and within twice the bytes that came.
 * Those between are counted in the next message, which comes after a second at the latest, as far as it is paid for.
 */
export class Rejections {
  readonly #spoke: Publisher;
  /** The times of the last messages, the oldest first. */
  readonly #sent: number[] = [];
  #untold = 0;
  #last: Rejected | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(spoke: Publisher) {
    this.#spoke = spoke;
  }

  /** An event was refused. */
  add(topic: string, refusal: EventRefusal, payload: unknown): void {
    if (!this.#spoke.attached) return;
    const bytes = EVENT_BYTES + utf8Length(topic);
    this.#spoke.answerCredit += ANSWER_BYTES_PER_BYTE * bytes;
    // Measured where it matters: most spokes have paid for enough.
    if (this.#spoke.answerCredit < FIRST_ANSWER_CREDIT) {
      this.#spoke.answerCredit += ANSWER_BYTES_PER_BYTE * Math.min(lengthOf(payload), MAX_COUNTED_BYTES);
    }
    const rejected: Rejected = { kind: "rejected", topic, reason: refusal.reason, more: this.#untold };
    if (this.#waitMs === 0 && (this.#explain(rejected, refusal) || this.#send(rejected))) return;
    this.#untold++;
    this.#last = rejected;
    this.#timer ??= this.#tellLater();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** How long it takes until the spoke can be told again, in milliseconds. */
  get #waitMs(): number {
    const oldest = this.#sent.length < MAX_PER_SECOND ? -Infinity : this.#sent[0] ?? 0;
    return Math.max(0, oldest + 1000 - performance.now());
  }

  #explain(rejected: Rejected, refusal: EventRefusal): boolean {
    if (!("issues" in refusal) || refusal.issues.length === 0) return false;
    const { issues, explanation: reason } = refusal;
    return this.#send({ ...rejected, reason, issues });
  }

  #tellLater(): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.#tellLast(), Math.ceil(Math.max(this.#waitMs, MIN_WAIT_MS)));
  }

  #tellLast(): void {
    this.#timer = this.#waitMs > 0 ? this.#tellLater() : undefined;
    if (this.#timer !== undefined || this.#last === undefined || !this.#spoke.attached) return;
    this.#send({ ...this.#last, more: this.#untold - 1 });
  }

  /** Sends a message, if it is paid for. Returns whether it was. */
  #send(rejected: Rejected): boolean {
    const { sender } = this.#spoke.session;
    const message = sender.encodeControl(rejected);
    if (message === undefined || message.bytes > this.#spoke.answerCredit) return false;
    this.#spoke.answerCredit -= message.bytes;
    if (this.#sent.push(performance.now()) > MAX_PER_SECOND) this.#sent.shift();
    this.#untold = 0;
    this.#last = undefined;
    sender.outbox.push(message);
    return true;
  }
}

/** The characters of a payload as JSON: at most its bytes. */
function lengthOf(payload: unknown): number {
  try {
    return JSON.stringify(payload)?.length ?? 0;
  } catch {
    return 0;
  }
}
