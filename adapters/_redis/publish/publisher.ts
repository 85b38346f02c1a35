import { MAX_TIMER_MS } from "../../../core/arguments.ts";
import { mapKey } from "../../../core/map_key.ts";
import { Queue } from "../../../core/queue.ts";
import type { Message } from "../serializer.ts";
import { Outcomes } from "./outcomes.ts";
import type { KeptEvent, PublishCommand, PublishStrategy } from "./publish_strategy.ts";

/** The most messages in one pipeline, so that Redis executes one pipeline while the next one is assembled. */
const MAX_PIPELINE = 256;

/** A message that Redis has not answered. */
interface Entry {
  /** Its number, in the order of publishing. */
  readonly sequence: number;
  /** The time from which the message has waited too long, by `performance.now()`. */
  readonly expires: number;
  readonly command: PublishCommand;
  readonly bytes: number;
}

/** The messages of one ordering key. */
interface KeyQueue {
  readonly key: string;
  readonly waiting: Queue<Entry>;
  /** The number of pipelines that Redis has not answered. */
  inFlight: number;
}

/** Commands that were sent, and that Redis has not answered. */
interface Pipeline {
  readonly queue: KeyQueue;
  readonly entries: readonly Entry[];
  readonly expires: number;
}

/** Sends messages in order, and gives up on each that waits too long. The caller bounds how many bytes it holds. */
export class Publisher {
  readonly #strategy: PublishStrategy;
  readonly #timeoutMs: number;
  readonly #onFault: (error: unknown, channel: string) => void;
  readonly #queues = new Map<string | number, KeyQueue>();
  readonly #outcomes = new Outcomes();
  /** In the order of sending. */
  readonly #pipelines = new Set<Pipeline>();
  #expires = 0;
  #lastSequence = 0;
  #scheduled = false;
  /** One timer for all messages: to restart it for each event would cost much of the event's latency. */
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * `timeoutMs` bounds how long a message can wait, and then how long Redis can take to answer. `onFault` is called for
   * each message that was not published, or may not have been.
   */
  constructor(
    strategy: PublishStrategy,
    timeoutMs: number,
    onFault: (error: unknown, channel: string) => void,
  ) {
    this.#strategy = strategy;
    this.#timeoutMs = timeoutMs;
    this.#onFault = onFault;
  }

  /** The number of the last message that was queued. */
  get lastSequence(): number {
    return this.#lastSequence;
  }

  /** The number of messages that Redis has taken. */
  get published(): number {
    return this.#outcomes.published;
  }

  /** The number of messages that were not published, or may not have been. */
  get failed(): number {
    return this.#outcomes.failed;
  }

  /** The number of messages that are waiting or unanswered. */
  get waiting(): number {
    let count = 0;
    for (const { waiting } of this.#queues.values()) count += waiting.size;
    for (const { entries } of this.#pipelines) count += entries.length;
    return count;
  }

  /** The number of bytes that are waiting or unanswered. */
  get bytes(): number {
    return this.#outcomes.bytes;
  }

  /** Queues a message, of at least one byte. The messages of one turn of the event loop are sent together at its end. */
  push(channel: string, message: Message, bytes: number, kept?: KeptEvent): void {
    if (!this.#scheduled) this.#startTurn();
    const { command } = this.#strategy;
    this.#queueOf(this.#strategy.orderingKeyOf(channel, kept)).waiting.push({
      sequence: ++this.#lastSequence,
      expires: this.#expires,
      command: kept === undefined ? [command, channel, message] : [command, channel, message, kept],
      bytes,
    });
    this.#outcomes.bytes += bytes;
  }

  /** Sends what is waiting, if the connection is up. `expires` is when Redis has taken too long to answer. */
  pump(expires: number = performance.now() + this.#timeoutMs): void {
    if (!this.#strategy.ready) return;
    for (const queue of this.#queues.values()) this.#pumpQueue(queue, expires);
  }

  /**
   * Resolves once every message that was queued before has been answered or given up: with the error of the first that
   * was given up, or with nothing. A refusal is an answer.
   */
  drain(): Promise<unknown> {
    return this.#outcomes.drain(this.#lastSequence);
  }

  /** Gives up on every message. Nothing may be queued afterwards. */
  stop(error: Error): void {
    clearTimeout(this.#timer);
    for (const { waiting } of this.#queues.values()) {
      for (let entry = waiting.shift(); entry !== undefined; entry = waiting.shift()) {
        this.#fail(entry, error);
      }
    }
    this.failUnanswered(error);
  }

  /** Gives up on the messages that were sent and not answered. */
  failUnanswered(error: Error): void {
    for (const pipeline of [...this.#pipelines]) this.#giveUp(pipeline, error);
  }

  #startTurn(): void {
    this.#scheduled = true;
    this.#expires = performance.now() + this.#timeoutMs;
    this.#timer ??= this.#newTimer(this.#timeoutMs);
    queueMicrotask(() => {
      this.#scheduled = false;
      this.pump(this.#expires);
    });
  }

  #queueOf(key: string): KeyQueue {
    const mapped = mapKey(key);
    let queue = this.#queues.get(mapped);
    if (queue === undefined) {
      this.#queues.set(mapped, queue = { key, waiting: new Queue(), inFlight: 0 });
    }
    return queue;
  }

  #pumpQueue(queue: KeyQueue, expires: number): void {
    const { waiting } = queue;
    while (waiting.size > 0 && queue.inFlight < this.#strategy.maxInFlight(queue.key)) {
      const entries: Entry[] = [];
      while (entries.length < MAX_PIPELINE) {
        const entry = waiting.shift();
        if (entry === undefined) break;
        entries.push(entry);
      }
      queue.inFlight++;
      const pipeline = { queue, entries, expires };
      this.#pipelines.add(pipeline);
      this.#strategy.send(entries.map(({ command }) => command)).then(
        (errors) => this.#onAnswer(pipeline, errors),
        (error) => this.#giveUp(pipeline, error ?? new Error("Publishing failed")),
      );
    }
  }

  #giveUp(pipeline: Pipeline, error: unknown): void {
    this.#onAnswer(pipeline, pipeline.entries.map(() => error));
  }

  /** `errors` has one item for each message; without it, all were published. */
  #onAnswer(pipeline: Pipeline, errors?: readonly unknown[]): void {
    if (!this.#pipelines.delete(pipeline)) return;
    const { queue, entries } = pipeline;
    let answered = 0;
    for (const entry of entries) this.#settle(entry, errors?.[answered++]);
    // Only now: a report that publishes has the room of all of them.
    for (const [i, { command: [, channel] }] of errors === undefined ? [] : entries.entries()) {
      const error = errors?.[i] ?? undefined;
      if (error !== undefined) this.#onFault(error, channel);
    }
    queue.inFlight--;
    if (queue.waiting.size > 0) this.pump();
    else this.#forget(queue);
  }

  #fail(entry: Entry, error: unknown): void {
    this.#settle(entry, error);
    this.#onFault(error, entry.command[1]);
  }

  #settle({ sequence, bytes }: Entry, error: unknown): void {
    this.#outcomes.settle(sequence, bytes, error);
  }

  #newTimer(delayMs: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.#sweep(), Math.min(delayMs, MAX_TIMER_MS));
  }

  /** Gives up on what has waited too long, and restarts the timer for the message that expires next. */
  #sweep(): void {
    const now = performance.now();
    let next = Infinity;
    for (const pipeline of this.#pipelines) {
      next = pipeline.expires;
      if (next > now) break;
      const message =
        `Redis did not answer in ${this.#timeoutMs} ms: the event may or may not have been published`;
      this.#giveUp(pipeline, new DOMException(message, "TimeoutError"));
    }
    for (const queue of this.#queues.values()) next = Math.min(next, this.#sweepQueue(queue, now));
    this.#timer = next === Infinity ? undefined : this.#newTimer(Math.max(next - now, 0) + 1);
  }

  /** Returns when the first remaining message expires. */
  #sweepQueue(queue: KeyQueue, now: number): number {
    const { waiting } = queue;
    for (let entry = waiting.peek(); entry !== undefined; entry = waiting.peek()) {
      if (entry.expires > now) return entry.expires;
      waiting.shift();
      const message = `Cannot publish: Redis could not be reached in ${this.#timeoutMs} ms`;
      this.#fail(entry, new DOMException(message, "TimeoutError"));
    }
    this.#forget(queue);
    return Infinity;
  }

  /** The only queue stays: most programs have one ordering key. */
  #forget({ key, inFlight }: KeyQueue): void {
    if (inFlight === 0 && this.#queues.size > 1) this.#queues.delete(mapKey(key));
  }
}
