/**
 * The event target over Redis, in two halves: `publish/` sends messages so that each topic keeps its order, also in a Cluster;
 * `subscribe/` compares the channels that are wanted with those that Redis has acknowledged. `history/` adds a third.
 */
import { OTHER } from "../../core/counters.ts";
import { assertEvent } from "../../core/envelope.ts";
import { detailOf } from "../../core/envelope.ts";
import { ConnectionLostError } from "../../core/errors.ts";
import { DiagnosedEventTarget } from "../../core/diagnosed_event_target.ts";
import type { ListenerList } from "../../core/listener_list.ts";
import type { Readiness } from "../../core/listener_table.ts";
import { EVERY_TOPIC, splitTopic, topicOf } from "../../core/topic.ts";
import { acknowledge, endTopic, suspend } from "../../core/topic_answers.ts";
import type { EventEnvelope, EventTargetStats, FlushOptions, TypedEvent } from "../../core/types.ts";
import { type ChannelKind, TopicChannels } from "./channels.ts";
import { type ClientBytes, withAdvice } from "./client.ts";
import type { RedisEventTargetConfig } from "./config.ts";
import { type ClientRole, ConnectionAttempts } from "./connection_attempts.ts";
import { watchConnection } from "./connection_watcher.ts";
import { beforeDeadline } from "./deadline.ts";
import { RedisFlushes } from "./flushes.ts";
import { Outgoing } from "./publish/outgoing.ts";
import type { KeptType } from "./history/kept_type.ts";
import { RefusedNames, refusedTopic } from "./refusals.ts";
import type { ChannelObserver } from "./subscribe/channel_table.ts";
import { subscriberFor } from "./subscribe/shared_subscriber.ts";
import type { Subscriber } from "./subscribe/subscriber.ts";
import { Translator } from "./translator.ts";

/** Sends all events through Redis, the ones for its own listeners included. */
export class RedisEventTarget extends DiagnosedEventTarget implements ChannelObserver {
  readonly commandTimeoutMs: number;
  readonly #config: RedisEventTargetConfig;
  readonly #translator: Translator;
  readonly #channels: TopicChannels;
  readonly #subscriber: Subscriber;
  readonly #outgoing: Outgoing;
  readonly #flushes: RedisFlushes;
  readonly #unwatch: () => void;
  readonly #attempts: ConnectionAttempts;
  readonly #refusedNames = new RefusedNames();
  /** Whether the subscriber connection was lost since `status` was last `open`. */
  #gap = false;

  constructor(config: RedisEventTargetConfig) {
    super("RedisEventTarget", config, "connecting");
    const { publishClient, subscribeClient, prefix, sharded } = config;
    this.#config = config;
    this.#channels = new TopicChannels(prefix, sharded);
    this.#translator = new Translator(config, {
      report: (stage, error, topic) => this.report(stage, error, topic),
      onRefused: () => this.counters.hear(OTHER),
    });
    this.commandTimeoutMs = config.commandTimeoutMs;
    this.#attempts = new ConnectionAttempts(publishClient, subscribeClient);
    this.#subscriber = subscriberFor(subscribeClient, sharded);
    this.#outgoing = new Outgoing(config, this.#translator, {
      address: () => this.#subscriber.address,
      onFailure: (error, channel, isGivenUp) => {
        if (this.status.state !== "open" && isGivenUp) this.#flushes.onGivenUp(error);
        this.report("publish", withAdvice(error), channel.slice(prefix.length));
      },
      onDropped: (topic) => this.reportDropped(config.maxBufferedBytes, topic),
    });
    this.#flushes = new RedisFlushes({
      timeoutMs: config.flushTimeoutMs,
      publisher: this.#outgoing.publisher,
      subscriber: this.#subscriber,
      observer: this,
      arrived: () => this.arrived(),
      hasListeners: () => this.listeners.lists.size > 0,
      isEnded: () => this.ended,
    });
    this.#subscriber.addObserver(this);
    this.#unwatch = watchConnection(publishClient, {
      onUp: () => {
        this.#outgoing.onUp();
        this.onUp("publish");
      },
      onDown: () => {
        this.#onLoss();
        this.#outgoing.onDown();
      },
      onRetry: (delayMs) => this.onRetry(delayMs, "publish"),
      onError: (error) => this.onError(error, "publish"),
      onEnd: () => this.onEnd(),
    });
    this.#openIfUp();
  }

  override stats(): EventTargetStats {
    return this.#outgoing.addTo(this.#translator.addTo(super.stats()));
  }

  override onFirstListener(topic: string, list: ListenerList): Readiness {
    const channels = this.#channels.forListeners(topic);
    for (const channel of channels) this.#subscriber.subscribe(this, channel, list);
    return channels.every((channel) => this.#subscriber.isSettled(channel)) ? "ready" : "pending";
  }

  override onLastListener(topic: string): void {
    for (const channel of this.#channels.forListeners(topic)) this.#subscriber.unsubscribe(this, channel);
  }

  override dispatchEvent(event: TypedEvent): boolean {
    assertEvent(event);
    if (this.ended) this.reportLate("dispatch", event.type);
    else {
      this.counters.publish(splitTopic(event.type).type);
      const channel = this.#channels.forTopic(event.type);
      this.#outgoing.push(channel, () => this.#translator.codec.encode(detailOf(event)));
    }
    return true;
  }

  override flush({ signal }: FlushOptions = {}): Promise<void> {
    if (this.ended) {
      return Promise.reject(new ConnectionLostError("Cannot flush: the event target is closed"));
    }
    return this.#flushes.start(signal);
  }

  protected override send(envelope: EventEnvelope): void {
    const { codec } = this.#translator;
    const channel = this.#channels.forEvent(envelope.type, envelope.id);
    this.#outgoing.push(channel, () => codec.encodeEnvelope(envelope, channel.template));
  }

  /** Sends an event of a type that has a history. */
  protected sendKept(envelope: EventEnvelope, kind: KeptType): void {
    const { codec } = this.#translator;
    const channel = this.#channels.forEvent(envelope.type, envelope.id);
    this.#outgoing.pushKept(channel, kind, envelope.id, () => codec.encodeParts(envelope, channel.template));
  }

  /** Sends what waits. */
  protected pump(): void {
    this.#outgoing.publisher.pump();
  }

  /** Delivers what arrived on the channel of a topic. */
  protected deliver(list: ListenerList, topic: string, detail: unknown): void {
    if (!this.#translator.admits(topic, detail)) return;
    this.counters.hear(list.type === EVERY_TOPIC ? splitTopic(topic).type : list.type);
    this.dispatcher.emitTo(list, topic, detail);
  }

  /** Resolves when all messages that Redis has sent before have reached the listeners. */
  protected arrived(): Promise<void> {
    return this.#subscriber.barrier();
  }

  /** Both connections are up, with all channels that were lost: with a gap if there were such. */
  protected onOpen(gap: boolean): void {
    this.setStatus(gap ? { state: "open", gap } : { state: "open" });
  }

  protected override assertTopic(): void {}

  protected override async shutdown(): Promise<void> {
    await beforeDeadline(Promise.all([this.#outgoing.publisher.drain(), this.#subscriber.whenSettled(this)]));
    this.#detach(new ConnectionLostError("The event target was closed before Redis had answered"));
  }

  onMessage(list: ListenerList, channel: string, message: ClientBytes): void {
    const to = this.#channels.forChannel(channel);
    const details = this.#translator.decode(to, message);
    if (details === undefined) return;
    for (const detail of details) this.deliver(list, to.topic, detail);
  }

  onSubscribed(list: ListenerList): void {
    const topic = topicOf(list.type, list.id);
    if (!this.#channels.forListeners(topic).every((channel) => this.#subscriber.isSettled(channel))) return;
    acknowledge(this.listeners, topic);
    const fault = this.#refusedNames.takeFault(list);
    if (fault !== undefined) this.report("subscribe", fault, topic);
  }

  onRefused(list: ListenerList, kind: ChannelKind, cause: Error): void {
    const topic = topicOf(list.type, list.id);
    // A bare type can do without the channel of its own name.
    if (kind === "channel" && list.id === undefined) {
      this.#refusedNames.add(list, cause);
      return this.onSubscribed(list);
    }
    const error = refusedTopic(topic, cause);
    this.onLastListener(topic);
    endTopic(this.listeners, topic, error);
    this.report("subscribe", error, topic);
  }

  onFault(error: unknown, list: ListenerList): void {
    this.report("subscribe", error, topicOf(list.type, list.id));
  }

  onUp(role: ClientRole = "subscribe"): void {
    this.#attempts.onConnected(role);
    this.#openIfUp();
  }

  onDown(): void {
    suspend(this.listeners);
    this.#gap = true;
    this.#flushes.onLoss();
    this.#onLoss();
  }

  /** If both clients try to connect, only the attempts of the client that has tried more often are reported. */
  onRetry(delayMs: number, role: ClientRole = "subscribe"): void {
    const attempt = this.#attempts.onRetry(role);
    const { state, attempt: reported = 0 } = this.status;
    if (this.ended || state === "open" || attempt <= reported) return;
    this.setStatus({ state, attempt, delayMs });
  }

  onError(error: unknown, role: ClientRole = "subscribe"): void {
    const fault = this.#attempts.onError(role, error);
    if (fault !== undefined) this.report("connect", fault.error, undefined, fault.context);
  }

  onEnd(): void {
    if (this.ended) return;
    const error = new ConnectionLostError("A Redis client has ended and will not connect again");
    this.end(error);
    this.#detach(error);
  }

  /** Opens the event target once both of its connections are up. */
  #openIfUp(): void {
    const isUp = this.#config.publishClient.status === "ready" && this.#subscriber.ready;
    if (this.ended || !isUp || this.status.state === "open") return;
    const gap = this.#gap;
    this.#gap = false;
    this.#flushes.onOpen();
    this.onOpen(gap);
  }

  #detach(error: Error): void {
    this.#outgoing.stop(error);
    this.#unwatch();
    this.#subscriber.removeObserver(this);
    this.#flushes.rejectAll(error);
  }

  #onLoss(): void {
    if (!this.ended && this.status.state !== "reconnecting") this.setStatus({ state: "reconnecting" });
  }
}
