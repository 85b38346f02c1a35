import { RingBuffer } from "../../../core/ring_buffer.ts";
import { MAX_TIMER_MS } from "../../../core/arguments.ts";
import { Drains } from "./drain_barrier.ts";
import type { PublishCommand, Sender } from "./publish_strategy.ts";
import type { Message } from "../serializer.ts";

/** The most messages in one pipeline: Redis is at work on the first while the next one is put together. */
const MAX_PIPELINE = 256;

/** What was published on one lane in one turn of the event loop. */
interface Batch {
  readonly sequence: number;
  readonly turn: number;
  /** When it has waited too long, by the monotonic clock. */
  readonly expires: number;
  readonly commands: PublishCommand[];
  bytes: number;
}

interface Lane {
  readonly queue: RingBuffer<Batch>;
  /** The last one in the queue. */
  tail: Batch | undefined;
  inFlight: number;
}

/** A pipeline that Redis has not answered. */
interface Sending {
  readonly batches: readonly Batch[];
  readonly expires: number;
  readonly onSettled: () => void;
}

/** What waits for Redis to have it: bounded by who pushes, in order, and each message with an end. */
export class Publisher {
  readonly #sender: Sender;
  readonly #timeoutMs: number;
  readonly #onFault: (error: unknown, channel: string) => void;
  readonly #lanes = new Map<string, Lane>();
  readonly #drains = new Drains();
  /** The oldest is the first. */
  readonly #sendings = new Set<Sending>();
  #turn = 0;
  #expires = 0;
  #bytes = 0;
  #scheduled = false;
  /** There is at most one, and it is not renewed for each event: that would cost a good part of its latency. */
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param sender How messages are sent.
   * @param timeoutMs How long a message may wait, and then how long Redis may take to answer, in milliseconds.
   * @param onFault Hears of each message that was not taken.
   */
  constructor(sender: Sender, timeoutMs: number, onFault: (error: unknown, channel: string) => void) {
    this.#sender = sender;
    this.#timeoutMs = timeoutMs;
    this.#onFault = onFault;
  }

  /** How many bytes Redis has not answered for yet. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Queues a message; what is queued in one turn of the event loop leaves together. */
  push(channel: string, message: Message, bytes: number): void {
    if (!this.#scheduled) this.#startTurn();
    const batch = this.#batchOf(this.#sender.laneOf(channel));
    batch.commands.push([this.#sender.command, channel, message]);
    batch.bytes += bytes;
    this.#bytes += bytes;
  }

  /** Sends what may be sent, once that is possible again. */
  pump(): void {
    this.#pump(performance.now() + this.#timeoutMs);
  }

  /** Resolves once every message that was queued before has been answered or given up. */
  drain(): Promise<void> {
    return this.#drains.wait();
  }

  /** Gives up on all that Redis has not answered for. Nothing may be queued afterwards. */
  stop(error: Error): void {
    clearTimeout(this.#timer);
    for (const lane of this.#lanes.values()) {
      for (let batch = shift(lane); batch !== undefined; batch = shift(lane)) this.#fail(batch, error);
    }
    this.giveUpSent(error);
  }

  /** Gives up on what was sent and not answered. */
  giveUpSent(error: Error): void {
    for (const sending of [...this.#sendings]) this.#giveUp(sending, error);
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

  /** Where the next message of a lane goes. */
  #batchOf(key: string): Batch {
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      this.#lanes.set(key, lane = { queue: new RingBuffer(), tail: undefined, inFlight: 0 });
    }
    const { tail } = lane;
    if (tail?.turn === this.#turn && tail.commands.length < MAX_PIPELINE) return tail;
    const batch = {
      sequence: this.#drains.begin(),
      turn: this.#turn,
      expires: this.#expires,
      commands: [],
      bytes: 0,
    };
    lane.tail = batch;
    lane.queue.push(batch);
    return batch;
  }

  /** Sends what may be sent; Redis has to answer by `expires`. */
  #pump(expires: number): void {
    if (!this.#sender.ready) return;
    for (const [key, lane] of this.#lanes) this.#pumpLane(key, lane, expires);
  }

  #pumpLane(key: string, lane: Lane, expires: number): void {
    while (lane.queue.size > 0 && lane.inFlight < this.#sender.window) {
      const batches: Batch[] = [];
      let room = MAX_PIPELINE;
      for (let next = lane.queue.peek(); next !== undefined; next = lane.queue.peek()) {
        room -= next.commands.length;
        if (room < 0) break;
        batches.push(next);
        shift(lane);
      }
      lane.inFlight++;
      this.#send(batches, expires, () => {
        lane.inFlight--;
        if (lane.queue.size > 0) this.pump();
        else this.#forget(key, lane);
      });
    }
  }

  #send(batches: readonly Batch[], expires: number, onSettled: () => void): void {
    const sending = { batches, expires, onSettled };
    this.#sendings.add(sending);
    const commands = batches.length === 1 && batches[0] !== undefined
      ? batches[0].commands
      : batches.flatMap((batch) => batch.commands);
    this.#sender.send(commands).then(
      (errors) => {
        if (!this.#sendings.delete(sending)) return;
        this.#answer(batches, errors);
        onSettled();
      },
      (error) => this.#giveUp(sending, error ?? new Error("Publishing failed")),
    );
  }

  #giveUp(sending: Sending, error: unknown): void {
    if (!this.#sendings.delete(sending)) return;
    for (const batch of sending.batches) this.#fail(batch, error);
    sending.onSettled();
  }

  /** Redis has answered for some batches, with an error or none for each of their messages. */
  #answer(batches: readonly Batch[], errors: readonly unknown[] | undefined): void {
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
    this.#drains.end(batch.sequence);
  }

  #newTimer(delayMs: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.#sweep(), Math.min(delayMs, MAX_TIMER_MS));
  }

  /** Gives up on what has waited too long, and comes back for the next. */
  #sweep(): void {
    const now = performance.now();
    let next = Infinity;
    for (const sending of this.#sendings) {
      next = sending.expires;
      if (next > now) break;
      const message =
        `Redis did not answer in ${this.#timeoutMs} ms: the event may have been published or not`;
      this.#giveUp(sending, new DOMException(message, "TimeoutError"));
    }
    for (const [key, lane] of this.#lanes) next = Math.min(next, this.#sweepLane(key, lane, now));
    this.#timer = next === Infinity ? undefined : this.#newTimer(Math.max(next - now, 0) + 1);
  }

  /** Returns when the first message that is left has waited too long. */
  #sweepLane(key: string, lane: Lane, now: number): number {
    for (let batch = lane.queue.peek(); batch !== undefined; batch = lane.queue.peek()) {
      if (batch.expires > now) return batch.expires;
      shift(lane);
      const message = `Cannot publish: Redis could not be reached in ${this.#timeoutMs} ms`;
      this.#fail(batch, new DOMException(message, "TimeoutError"));
    }
    this.#forget(key, lane);
    return Infinity;
  }

  /** Most programs have one lane, which is worth to be kept. */
  #forget(key: string, { inFlight }: Lane): void {
    if (inFlight === 0 && this.#lanes.size > 1) this.#lanes.delete(key);
  }
}

/** Takes the first batch of a lane, which nothing is added to from now on. */
function shift(lane: Lane): Batch | undefined {
  const batch = lane.queue.shift();
  if (batch === lane.tail) lane.tail = undefined;
  return batch;
}
