import { MAX_TIMER_MS } from "../../../core/arguments.ts";
import { RingBuffer } from "../../../core/ring_buffer.ts";
import type { Message } from "../serializer.ts";
import { DrainBarrier } from "./drain_barrier.ts";
import type { PublishCommand, PublishStrategy } from "./publish_strategy.ts";

/** The most messages in one pipeline, so that Redis executes one pipeline while the next one is assembled. */
const MAX_PIPELINE = 256;

/** The messages of one ordering key that were published in one turn of the event loop. */
interface Batch {
  /** Of the {@linkcode DrainBarrier}. */
  readonly sequence: number;
  readonly turn: number;
  /** When the batch has waited too long, by `performance.now()`. */
  readonly expires: number;
  readonly commands: PublishCommand[];
  bytes: number;
}

/** The batches of one ordering key. */
interface Queue {
  readonly waiting: RingBuffer<Batch>;
  /** The last waiting batch. */
  tail: Batch | undefined;
  /** The number of pipelines that Redis has not answered. */
  inFlight: number;
}

/** Commands that were sent, and that Redis has not answered. */
interface Pipeline {
  readonly batches: readonly Batch[];
  readonly expires: number;
  readonly onSettled: () => void;
}

/** Sends messages in order, and gives up on each that waits too long. The caller bounds how many bytes it holds. */
export class Publisher {
  readonly #strategy: PublishStrategy;
  readonly #timeoutMs: number;
  readonly #onFault: (error: unknown, channel: string) => void;
  readonly #queues = new Map<string, Queue>();
  readonly #unsettled = new DrainBarrier();
  /** In the order of sending. */
  readonly #pipelines = new Set<Pipeline>();
  #turn = 0;
  #expires = 0;
  #bytes = 0;
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

  /** The number of bytes that are waiting or unanswered. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Queues a message. The messages of one turn of the event loop are sent together at its end. */
  push(channel: string, message: Message, bytes: number): void {
    if (!this.#scheduled) this.#startTurn();
    const batch = this.#batchFor(this.#strategy.orderingKeyOf(channel));
    batch.commands.push([this.#strategy.command, channel, message]);
    batch.bytes += bytes;
    this.#bytes += bytes;
  }

  /** Sends what is waiting, once the connection is back. */
  pump(): void {
    this.#pump(performance.now() + this.#timeoutMs);
  }

  /** Resolves once every message that was queued before has been answered or given up. */
  drain(): Promise<void> {
    return this.#unsettled.wait();
  }

  /** Gives up on every message. Nothing may be queued afterwards. */
  stop(error: Error): void {
    clearTimeout(this.#timer);
    for (const queue of this.#queues.values()) {
      for (let batch = shift(queue); batch !== undefined; batch = shift(queue)) this.#fail(batch, error);
    }
    this.failUnanswered(error);
  }

  /** Gives up on the messages that were sent and not answered. */
  failUnanswered(error: Error): void {
    for (const pipeline of [...this.#pipelines]) this.#giveUp(pipeline, error);
  }

  #startTurn(): void {
    this.#scheduled = true;
    this.#turn++;
    this.#expires = performance.now() + this.#timeoutMs;
    this.#timer ??= this.#newTimer(this.#timeoutMs);
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#pump(this.#expires);
    });
  }

  /** The batch for the next message of an ordering key. */
  #batchFor(key: string): Batch {
    let queue = this.#queues.get(key);
    if (queue === undefined) {
      this.#queues.set(key, queue = { waiting: new RingBuffer(), tail: undefined, inFlight: 0 });
    }
    const { tail } = queue;
    if (tail?.turn === this.#turn && tail.commands.length < MAX_PIPELINE) return tail;
    const batch = {
      sequence: this.#unsettled.begin(),
      turn: this.#turn,
      expires: this.#expires,
      commands: [],
      bytes: 0,
    };
    queue.tail = batch;
    queue.waiting.push(batch);
    return batch;
  }

  #pump(expires: number): void {
    if (!this.#strategy.ready) return;
    for (const [key, queue] of this.#queues) this.#pumpQueue(key, queue, expires);
  }

  #pumpQueue(key: string, queue: Queue, expires: number): void {
    while (queue.waiting.size > 0 && queue.inFlight < this.#strategy.maxInFlight) {
      const batches: Batch[] = [];
      let room = MAX_PIPELINE;
      for (let next = queue.waiting.peek(); next !== undefined; next = queue.waiting.peek()) {
        room -= next.commands.length;
        if (room < 0) break;
        batches.push(next);
        shift(queue);
      }
      queue.inFlight++;
      this.#send(batches, expires, () => {
        queue.inFlight--;
        if (queue.waiting.size > 0) this.pump();
        else this.#forget(key, queue);
      });
    }
  }

  #send(batches: readonly Batch[], expires: number, onSettled: () => void): void {
    const pipeline = { batches, expires, onSettled };
    this.#pipelines.add(pipeline);
    const commands = batches.length === 1 && batches[0] !== undefined
      ? batches[0].commands
      : batches.flatMap((batch) => batch.commands);
    this.#strategy.send(commands).then(
      (errors) => {
        if (!this.#pipelines.delete(pipeline)) return;
        this.#onAnswer(batches, errors);
        onSettled();
      },
      (error) => this.#giveUp(pipeline, error ?? new Error("Publishing failed")),
    );
  }

  #giveUp(pipeline: Pipeline, error: unknown): void {
    if (!this.#pipelines.delete(pipeline)) return;
    for (const batch of pipeline.batches) this.#fail(batch, error);
    pipeline.onSettled();
  }

  /** `errors` has one entry for each message; without it, all were published. */
  #onAnswer(batches: readonly Batch[], errors: readonly unknown[] | undefined): void {
    let i = 0;
    for (const batch of batches) {
      this.#settle(batch);
      if (errors === undefined) continue;
      for (const [, channel] of batch.commands) {
        const error = errors[i++];
        if (error) this.#onFault(error, channel);
      }
    }
  }

  #fail(batch: Batch, error: unknown): void {
    this.#settle(batch);
    for (const [, channel] of batch.commands) this.#onFault(error, channel);
  }

  #settle(batch: Batch): void {
    this.#bytes -= batch.bytes;
    this.#unsettled.end(batch.sequence);
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
    for (const [key, queue] of this.#queues) next = Math.min(next, this.#sweepQueue(key, queue, now));
    this.#timer = next === Infinity ? undefined : this.#newTimer(Math.max(next - now, 0) + 1);
  }

  /** Returns when the first remaining batch expires. */
  #sweepQueue(key: string, queue: Queue, now: number): number {
    for (let batch = queue.waiting.peek(); batch !== undefined; batch = queue.waiting.peek()) {
      if (batch.expires > now) return batch.expires;
      shift(queue);
      const message = `Cannot publish: Redis could not be reached in ${this.#timeoutMs} ms`;
      this.#fail(batch, new DOMException(message, "TimeoutError"));
    }
    this.#forget(key, queue);
    return Infinity;
  }

  /** The only queue stays: most programs have one ordering key. */
  #forget(key: string, { inFlight }: Queue): void {
    if (inFlight === 0 && this.#queues.size > 1) this.#queues.delete(key);
  }
}

/** Takes the first batch, which gets no more messages from now on. */
function shift(queue: Queue): Batch | undefined {
  const batch = queue.waiting.shift();
  if (batch === queue.tail) queue.tail = undefined;
  return batch;
}
