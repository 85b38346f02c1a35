import type { EventTargetStats } from "../../../core/types.ts";
import type { TopicChannel } from "../channels.ts";
import { isRefusal, optionsOf } from "../client.ts";
import type { RedisEventTargetConfig } from "../config.ts";
import { unanswered } from "../refusals.ts";
import type { Parts } from "../envelope_template.ts";
import type { KeptType } from "../history/kept_type.ts";
import { byteLength, type Message, sizeOf } from "../serializer.ts";
import type { Translator } from "../translator.ts";
import { createPublishStrategy, type KeptEvent } from "./publish_strategy.ts";
import { Publisher } from "./publisher.ts";

/** The callbacks of {@linkcode Outgoing}. */
export interface OutgoingHandler {
  /** The address of the node that a sharded subscriber is connected to. */
  address(): string | undefined;
  /** Redis did not take a message. It was refused, or waited for too long. */
  onFailure(error: unknown, channel: string, isGivenUp: boolean): void;
  /** An event does not fit among those that wait. */
  onDropped(topic: string): void;
}

/** The events on their way to Redis. */
export class Outgoing {
  readonly publisher: Publisher;
  readonly #config: RedisEventTargetConfig;
  readonly #translator: Translator;
  readonly #handler: OutgoingHandler;

  constructor(config: RedisEventTargetConfig, translator: Translator, handler: OutgoingHandler) {
    const { keeper, publishClient, publishTimeoutMs, sharded } = config;
    this.#config = config;
    this.#translator = translator;
    this.#handler = handler;
    const strategy = createPublishStrategy(publishClient, sharded, () => handler.address());
    this.publisher = new Publisher(
      keeper?.strategy(strategy) ?? strategy,
      publishTimeoutMs,
      (error, channel) => handler.onFailure(error, channel, !isRefusal(error)),
    );
  }

  /** Sends an event. */
  push(to: TopicChannel, encode: () => Message): void {
    const message = this.#translator.encode(to, encode);
    if (message !== undefined) this.#send(to, message, sizeOf(to.channel, message));
  }

  /** Sends an event of a type that has a history. */
  pushKept(to: TopicChannel, kind: KeptType, id: string, encode: () => Parts): void {
    const parts = this.#translator.encode(to, encode);
    if (parts === undefined) return;
    const { head, payload = "" } = parts;
    this.#send(to, "", sizeOf(to.channel, head) + byteLength(payload), { kind, id, parts });
  }

  #send({ topic, channel }: TopicChannel, message: Message, bytes: number, kept?: KeptEvent): void {
    if (this.publisher.bytes + bytes > this.#config.maxBufferedBytes) return this.#handler.onDropped(topic);
    this.publisher.push(channel, message, bytes, kept);
  }

  onUp(): void {
    this.#config.keeper?.onUp();
    this.publisher.pump();
  }

  onDown(): void {
    this.#config.keeper?.onDown();
    // Such a client never settles the commands that it had sent.
    const { autoResendUnfulfilledCommands } = optionsOf(this.#config.publishClient);
    if (autoResendUnfulfilledCommands === false) this.publisher.failUnanswered(unanswered());
  }

  stop(error: Error): void {
    this.#config.keeper?.stop(error);
    this.publisher.stop(error);
  }

  /** Adds the numbers of what waits, was sent, and failed. */
  addTo(stats: EventTargetStats): EventTargetStats {
    const { published } = stats;
    const { published: handedOver, failed, waiting, bytes: bufferedBytes } = this.publisher;
    const dropped = { ...published.dropped, failed: published.dropped.failed + failed };
    return { ...stats, published: { ...published, handedOver, waiting, bufferedBytes, dropped } };
  }
}
