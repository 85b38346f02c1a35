import { assertEvent, BaseEventTarget } from "../../core/base_event_target.ts";
import { detailOf } from "../../core/envelope.ts";
import { ConnectionLostError, RefusedError } from "../../core/errors.ts";
import type { ListenerList } from "../../core/listener_list.ts";
import type { Readiness } from "../../core/listener_table.ts";
import { topicOf } from "../../core/topic.ts";
import type { EventEnvelope, EventTargetOptions, FlushOptions, TypedEvent } from "../../core/types.ts";
import { PendingFlushes } from "../../core/pending_flushes.ts";
import type { ClientBytes } from "./bytes.ts";
import { type ChannelKind, channelsOf, isEssential } from "./channels.ts";
import { optionsOf, type RedisClient } from "./client.ts";
import { watchConnection } from "./connection_watcher.ts";
import { Publisher } from "./publish/publisher.ts";
import { type Route, Routes } from "./topic_channels.ts";
import { createSender } from "./publish/publish_strategy.ts";
import { bytesOf, codecOf, type Message, type MessageCodec, type RedisSerializer } from "./serializer.ts";
import { clearer } from "./errors.ts";
import type { Subscriber } from "./subscribe/subscriber.ts";
import { subscriberOf } from "./subscriber_of.ts";
import type { SubscriberUser } from "./subscriber_user.ts";

/** How long `close()` waits for Redis, in milliseconds. */
const CLOSE_DEADLINE_MS = 1500;

/** What a message takes beside its bytes, so that empty ones do not wait in any number. */
const OVERHEAD_BYTES = 64;

/** What a {@linkcode RedisEventTarget} is made of, checked. */
export interface RedisEventTargetParts extends EventTargetOptions {
  readonly publishClient: RedisClient;
  readonly subscribeClient: RedisClient;
  readonly serializer: RedisSerializer;
  readonly prefix: string;
  readonly sharded: boolean;
  readonly maxBufferedBytes: number;
  readonly publishTimeoutMs: number;
  readonly commandTimeoutMs: number;
  readonly flushTimeoutMs: number;
}

/** An event target of which the events go through Redis, its own included. */
export class RedisEventTarget extends BaseEventTarget implements SubscriberUser {
  readonly commandTimeoutMs: number;
  readonly #parts: RedisEventTargetParts;
  readonly #codec: MessageCodec;
  readonly #routes: Routes;
  readonly #subscriber: Subscriber;
  readonly #publisher: Publisher;
  readonly #flushes: PendingFlushes;
  readonly #unwatch: () => void;
  #dropped = 0;
  /** How often each client has tried to connect since its connection was lost. */
  readonly #attempts = { publish: 0, subscribe: 0 };
  /** The connection that hears was lost since the status was `open`. */
  #gap = false;

  /** @param parts Clients and options. */
  constructor(parts: RedisEventTargetParts) {
    super("RedisEventTarget", parts, "connecting");
    this.#parts = parts;
    this.#routes = new Routes(parts.prefix);
    this.#codec = codecOf(parts.serializer);
    this.commandTimeoutMs = parts.commandTimeoutMs;
    this.#flushes = new PendingFlushes(parts.flushTimeoutMs);
    this.#subscriber = subscriberOf(parts.subscribeClient, parts.sharded);
    const sender = createSender(parts.publishClient, parts.sharded, () => this.#subscriber.address);
    this.#publisher = new Publisher(sender, parts.publishTimeoutMs, (error, channel) => {
      this.report("publish", clearer(error), channel.slice(parts.prefix.length));
    });
    this.#subscriber.join(this);
    this.#unwatch = watchConnection(parts.publishClient, {
      onUp: () => {
        this.#publisher.pump();
        this.#openIfReady();
      },
      onDown: () => {
        // Nothing else would ever tell of what such a client had sent.
        if (optionsOf(parts.publishClient).autoResendUnfulfilledCommands === false) {
          const message = "Redis had not answered: the event may have been published or not";
          this.#publisher.giveUpSent(new ConnectionLostError(message));
        }
        this.#onLoss();
      },
      onRetry: (delayMs) => this.#onRetry("publish", delayMs),
      onError: (error) => this.onError(error),
      onEnd: () => this.onEnd(),
    });
    this.#openIfReady();
  }

  override onFirstListener(topic: string, list: ListenerList): Readiness {
    const channels = channelsOf(topic, this.#parts.prefix, this.#parts.sharded);
    for (const channel of channels) this.#subscriber.want(this, channel, list);
    return channels.every((channel) => this.#subscriber.isSettled(channel)) ? "ready" : "pending";
  }

  override onLastListener(topic: string): void {
    for (const channel of channelsOf(topic, this.#parts.prefix, this.#parts.sharded)) {
      this.#subscriber.unwant(this, channel);
    }
  }

  override dispatchEvent(event: TypedEvent): boolean {
    assertEvent(event);
    const { type } = event;
    if (this.ended) {
      this.report("publish", new Error(`Cannot dispatch "${type}": the event target is closed`), type);
      return true;
    }
    let message: Message;
    try {
      message = this.#codec.encode(detailOf(event));
    } catch (error) {
      this.report("encode", error, type);
      return true;
    }
    this.#publish(this.#routes.to(type), message);
    return true;
  }

  override flush({ signal }: FlushOptions = {}): Promise<void> {
    if (this.ended) {
      return Promise.reject(new ConnectionLostError("Cannot flush: the event target is closed"));
    }
    return this.#flushes.start((ref) => void this.#flush(ref), signal);
  }

  protected override send(envelope: EventEnvelope): void {
    const route = this.#routes.of(envelope.type, envelope.id);
    let message: Message;
    try {
      message = this.#codec.encodeEnvelope(envelope, route.form);
    } catch (error) {
      return this.report("encode", error, route.topic);
    }
    this.#publish(route, message);
  }

  protected override assertTopic(): void {}

  protected override async shutdown(): Promise<void> {
    let deadline: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => deadline = setTimeout(resolve, CLOSE_DEADLINE_MS));
    await Promise.race([late, Promise.all([this.#publisher.drain(), this.#subscriber.settled(this)])]);
    clearTimeout(deadline);
    this.#letGo(new ConnectionLostError("The event target was closed before Redis had answered"));
  }

  onMessage(list: ListenerList, channel: string, message: ClientBytes): void {
    const { topic, form } = this.#routes.from(channel);
    let detail: unknown;
    try {
      detail = this.#codec.decode(message, form);
    } catch (cause) {
      return this.report("decode", new TypeError(`Cannot decode a message on "${topic}"`, { cause }), topic);
    }
    this.dispatcher.emitTo(list, topic, detail);
  }

  onSubscribed(list: ListenerList): void {
    const topic = topicOf(list.type, list.id);
    const channels = channelsOf(topic, this.#parts.prefix, this.#parts.sharded);
    if (channels.every((channel) => this.#subscriber.isSettled(channel))) this.listeners.acknowledge(topic);
  }

  onRefused(list: ListenerList, kind: ChannelKind, cause: Error): void {
    const topic = topicOf(list.type, list.id);
    const reason = cause.message;
    const error = new RefusedError(`Redis refused "${topic}": ${reason}`, { topic, reason, cause });
    if (isEssential(topic, kind)) {
      this.onLastListener(topic);
      this.listeners.endTopic(topic, error);
    } else {
      this.onSubscribed(list);
    }
    this.report("subscribe", error, topic);
  }

  onFault(error: unknown, list: ListenerList): void {
    this.report("subscribe", error, topicOf(list.type, list.id));
  }

  onUp(): void {
    this.#openIfReady();
  }

  onDown(): void {
    this.listeners.suspend();
    this.#gap = true;
    this.#onLoss();
  }

  onRetry(delayMs: number): void {
    this.#onRetry("subscribe", delayMs);
  }

  onError(error: unknown): void {
    this.report("connect", error);
  }

  onEnd(): void {
    if (this.ended) return;
    const error = new ConnectionLostError("A Redis client has ended, and does not connect again");
    this.end(error);
    this.#letGo(error);
  }

  async #flush(ref: string): Promise<void> {
    await this.#subscriber.settled(this);
    await this.#publisher.drain();
    await this.#subscriber.barrier();
    this.#flushes.answer(ref);
  }

  #letGo(error: Error): void {
    this.#publisher.stop(error);
    this.#unwatch();
    this.#subscriber.leave(this);
    this.#flushes.rejectAll(error);
  }

  #publish({ topic, channel }: Route, message: Message): void {
    const bytes = bytesOf(message) + bytesOf(channel) + OVERHEAD_BYTES;
    const { maxBufferedBytes } = this.#parts;
    if (this.#publisher.bytes + bytes > maxBufferedBytes) {
      const dropped = ++this.#dropped;
      const error = new Error(`Cannot buffer more than ${maxBufferedBytes} bytes: the event was dropped`);
      return this.report("backpressure", error, topic, { dropped });
    }
    this.#publisher.push(channel, message, bytes);
  }

  #openIfReady(): void {
    if (this.ended || this.#parts.publishClient.status !== "ready" || !this.#subscriber.ready) return;
    if (this.status.state === "open") return;
    this.#attempts.publish = this.#attempts.subscribe = 0;
    const gap = this.#gap;
    this.#gap = false;
    this.setStatus(gap ? { state: "open", gap } : { state: "open" });
  }

  #onLoss(): void {
    if (!this.ended && this.status.state !== "reconnecting") this.setStatus({ state: "reconnecting" });
  }

  /** Both clients may be lost at once: what is told is the attempt of the one that has tried more often. */
  #onRetry(role: "publish" | "subscribe", delayMs: number): void {
    if (this.ended || this.status.state !== "reconnecting") return;
    const attempt = ++this.#attempts[role];
    if (attempt > (this.status.attempt ?? 0)) this.setStatus({ state: "reconnecting", attempt, delayMs });
  }
}
