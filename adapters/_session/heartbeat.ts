import type { SendWindow } from "./send_window.ts";

/** The callbacks of a {@linkcode Heartbeat}. */
export interface HeartbeatHost {
  /** Nothing has arrived for an interval: ask the peer for a sign of life. */
  onSilence(): void;
  /** Nothing has arrived for another interval: the peer is dead. `ms` is the time that it had in all. */
  onDeath(ms: number): void;
}

/** A line that carries less in an interval than this many bytes is taken for dead. */
const LEAST_BYTES = 16 * 1024;

/** How often a heartbeat looks in an interval. */
const LOOKS = 8;

/** A question to the peer. */
interface Question {
  /** How long the peer has, in milliseconds. */
  readonly answerMs: number;
  /** How long it was silent before, in milliseconds. */
  readonly silentMs: number;
  /** The bytes that have left the wire once the question has. */
  readonly end: number;
  hasLeft: boolean;
  /** When the time began that the peer has now, by `performance.now()`. */
  since: number;
  /** The bytes that had left the wire then. */
  left: number;
}

/**
 * Detects a peer that has vanished without a close. Only what arrives is a sign of life: a kernel takes megabytes for a
 * dead peer. After an interval in which nothing arrives, the peer is asked. It has another interval from when the question
 * has left, and a slow line has as many intervals as it needs to carry what is ahead of the question.
 */
export class Heartbeat {
  readonly #intervalMs: number;
  readonly #window: SendWindow;
  readonly #host: HeartbeatHost;
  #isHeard = false;
  /** When something arrived first since the last look, by `performance.now()`. */
  #heardAt = 0;
  /** The silence began at this time or later. */
  #silentSince = 0;
  #question: Question | undefined;
  /** The time of the next look. */
  #due = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param intervalMs The interval, in milliseconds; at most 2,147,483,647. */
  constructor(intervalMs: number, window: SendWindow, host: HeartbeatHost) {
    this.#intervalMs = intervalMs;
    this.#window = window;
    this.#host = host;
  }

  /** Starts, unless it has started already. */
  start(): void {
    if (this.#timer !== undefined) return;
    this.#silentSince = performance.now();
    this.#lookWithin(this.#intervalMs);
  }

  /** Stops for good. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Asks the peer now, which has a time to answer. Asked again meanwhile, it has no more time. */
  ask(answerMs: number): void {
    if (!this.#isHeard && this.#question !== undefined && this.#question.answerMs <= answerMs) return;
    this.stop();
    this.#isHeard = false;
    this.#ask(answerMs, 0);
  }

  /** Something has arrived. */
  hear(): void {
    if (this.#isHeard) return;
    // The clock costs more than the rest, so that it is read once between two looks.
    this.#isHeard = true;
    this.#heardAt = performance.now();
  }

  get #lookMs(): number {
    return this.#intervalMs / LOOKS;
  }

  #lookWithin(ms: number): void {
    const delayMs = Math.min(ms, this.#lookMs);
    this.#due = performance.now() + delayMs;
    this.#timer = setTimeout(this.#look, delayMs);
  }

  readonly #look = (): void => {
    const now = performance.now();
    const left = this.#window.look();
    if (this.#isHeard) {
      this.#isHeard = false;
      this.#silentSince = this.#heardAt;
      this.#question = undefined;
    }
    if (this.#question !== undefined) return this.#lookForAnswer(this.#question, now, left);
    const restMs = this.#silentSince + this.#intervalMs - now;
    if (restMs > 0) return this.#lookWithin(restMs);
    this.#ask(this.#intervalMs, this.#intervalMs);
  };

  #ask(answerMs: number, silentMs: number): void {
    this.#host.onSilence();
    const { handed, left } = this.#window;
    const since = performance.now();
    this.#question = { answerMs, silentMs, end: handed, hasLeft: false, since, left };
    // Most wires are empty, so that the question leaves in this turn.
    this.#lookWithin(1);
  }

  #lookForAnswer(question: Question, now: number, left: number): void {
    // This process stood still: what the peer said meanwhile is yet to be read.
    const isLate = now - this.#due > this.#lookMs;
    const isLeaving = !question.hasLeft && left >= question.end;
    if (isLeaving) question.hasLeft = true;
    const { answerMs, silentMs } = question;
    const restMs = question.since + answerMs - now;
    const isMoving = restMs <= 0 && !question.hasLeft && left - question.left >= LEAST_BYTES;
    if (!isLate && !isLeaving && !isMoving) {
      return restMs > 0 ? this.#lookWithin(restMs) : this.#host.onDeath(silentMs + answerMs);
    }
    question.since = now;
    question.left = left;
    this.#lookWithin(answerMs);
  }
}
