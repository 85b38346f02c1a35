import { toError } from "../../core/describe.ts";
import { ConnectionLostError } from "../../core/errors.ts";
import { PendingFlushes } from "../../core/pending_flushes.ts";
import type { Publisher } from "./publish/publisher.ts";
import type { ChannelObserver } from "./subscribe/channel_table.ts";
import type { Subscriber } from "./subscribe/subscriber.ts";

/** The parts of an event target that its flushes depend on. */
interface FlushesConfig {
  readonly timeoutMs: number;
  readonly publisher: Publisher;
  readonly subscriber: Subscriber;
  readonly observer: ChannelObserver;
  /** Resolves when all messages that Redis has sent before have reached the listeners. */
  readonly arrived: () => Promise<void>;
  /** Whether the event target has listeners, which receive its own events too. */
  readonly hasListeners: () => boolean;
  /** Whether the event target is closing: its channels are not wanted any more, subscribed or not. */
  readonly isEnded: () => boolean;
}

/**
 * The flushes of one event target. A flush rejects if an event before it is given up, or may never reach the target's own
 * listeners. Losses before the flush count until the target is open again, and so has reported them.
 */
export class RedisFlushes {
  readonly #config: FlushesConfig;
  readonly #pending: PendingFlushes;
  /** The last message before each flush that is not answered, by its reference. */
  readonly #lastMessages = new Map<string, number>();
  /** All messages up to this one have reached the listeners. */
  #heard = 0;
  #losses = 0;
  /** Whether listeners may have missed events since the target was last open. */
  #deaf = false;
  /** The error of the first message that was given up since the target was last open. */
  #failure: unknown;

  constructor(config: FlushesConfig) {
    this.#config = config;
    this.#pending = new PendingFlushes(config.timeoutMs);
  }

  start(signal: AbortSignal | undefined): Promise<void> {
    return this.#pending.start((ref) => void this.#run(ref), signal);
  }

  /** The subscribing connection is lost, and with it the messages that were on their way to the listeners. */
  onLoss(): void {
    this.#losses++;
    if (!this.#config.hasListeners()) return;
    this.#deaf = true;
    for (const [ref, lastMessage] of [...this.#lastMessages]) {
      if (lastMessage > this.#heard) this.#pending.reject(ref, unheard());
    }
  }

  /** A message was given up while the target was not open. */
  onGivenUp(error: unknown): void {
    this.#failure ??= error;
  }

  onOpen(): void {
    this.#deaf = false;
    this.#failure = undefined;
  }

  rejectAll(error: Error): void {
    this.#pending.rejectAll(error);
  }

  async #run(ref: string): Promise<void> {
    const { publisher, subscriber, observer, arrived, hasListeners, isEnded } = this.#config;
    const { lastSequence } = publisher;
    const losses = this.#losses;
    if (this.#failure !== undefined) return this.#pending.reject(ref, toError(this.#failure));
    if (this.#deaf && lastSequence > this.#heard && hasListeners()) {
      return this.#pending.reject(ref, unheard());
    }
    this.#lastMessages.set(ref, lastSequence);
    const settled = subscriber.whenSettled(observer);
    const failure = await publisher.drain();
    if (failure !== undefined) {
      this.#pending.reject(ref, toError(failure));
    } else {
      await settled;
      await arrived();
      if (losses === this.#losses) this.#heard = Math.max(this.#heard, lastSequence);
      // Without a connection, nothing was subscribed or unsubscribed: the end of the target rejects the flush.
      if (subscriber.ready || !isEnded()) this.#pending.answer(ref);
    }
    this.#lastMessages.delete(ref);
  }
}

function unheard(): ConnectionLostError {
  return new ConnectionLostError(
    "The subscribing connection was lost: listeners of this program may not have received the events before the flush",
  );
}
