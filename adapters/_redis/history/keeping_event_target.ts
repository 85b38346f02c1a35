import { messageOf } from "../../../core/describe.ts";
import { detailOf, envelopeOn } from "../../../core/envelope.ts";
import type { ListenerList } from "../../../core/listener_list.ts";
import type { Readiness } from "../../../core/listener_table.ts";
import { isTopic, type Topic, topicOf } from "../../../core/topic.ts";
import type { EventEnvelope, TypedEvent } from "../../../core/types.ts";
import type { RedisEventTargetConfig } from "../config.ts";
import { RedisEventTarget } from "../event_target.ts";
import { Healing } from "./healing.ts";
import type { KeptType } from "./kept_type.ts";
import { RedisHistory } from "./redis_history.ts";
import { RedisKeeper } from "./redis_keeper.ts";
import type { RegistrationHandler } from "./registration.ts";

/** The Redis event target that keeps the events of some types in Redis. After a loss it delivers what its listeners missed. */
export class KeepingRedisEventTarget extends RedisEventTarget {
  readonly #kinds: ReadonlyMap<string, KeptType>;
  readonly #history: RedisHistory;
  readonly #healing: Healing;
  /** What was reported of each topic since the last loss: several reads of it can fail for one reason. */
  #reported = new WeakMap<ListenerList, string>();

  constructor(config: RedisEventTargetConfig, kinds: ReadonlyMap<string, KeptType>) {
    const handler: { current?: RegistrationHandler } = {};
    const keeper = new RedisKeeper(config.publishClient, kinds, {
      onRegistered: () => handler.current?.onRegistered(),
      onFault: (error, type) => handler.current?.onFault(error, type),
    });
    super({ ...config, keeper });
    this.#kinds = kinds;
    const report = (error: unknown, topic: Topic) => this.#reportOnce(error, topic);
    this.#history = new RedisHistory(keeper.log, this, () => this.#healing.settled(), report);
    this.#healing = new Healing(keeper.log, keeper.reader, {
      lists: () => this.listeners.lists.values(),
      bareOf: (type) => this.listeners.lists.bare(type),
      deliver: (list, topic, detail) => super.deliver(list, topic, detail),
      onGap: (list) => this.listeners.notifyGap([list]),
      onHealed: (whole) => this.#onHealed(whole),
      barrier: () => super.arrived(),
      report,
    });
    void this.closed.then(() => this.#healing.stop());
    handler.current = {
      onRegistered: () => this.pump(),
      onFault: (error, type) => this.report("connect", error, type),
    };
    if (config.publishClient.status === "ready") keeper.onUp();
  }

  get history(): RedisHistory {
    return this.#history;
  }

  override dispatchEvent(event: TypedEvent): boolean {
    const envelope = event instanceof Event ? envelopeOn(event.type, detailOf(event)) : undefined;
    const isKept = envelope !== undefined && this.#kinds.has(envelope.type) &&
      isTopic(event.type, envelope.type, envelope.id);
    if (!isKept || this.ended) return super.dispatchEvent(event);
    this.publish(envelope);
    return true;
  }

  override onFirstListener(topic: string, list: ListenerList): Readiness {
    if (!this.#kinds.has(list.type)) return super.onFirstListener(topic, list);
    this.#healing.track(list);
    if (super.onFirstListener(topic, list) === "ready") this.onSubscribed(list);
    return "pending";
  }

  override onSubscribed(list: ListenerList): void {
    if (!this.#kinds.has(list.type)) return super.onSubscribed(list);
    void this.#healing.settle(list).then(() => {
      if (this.listeners.lists.get(list) === list) super.onSubscribed(list);
    });
  }

  override onDown(): void {
    this.#reported = new WeakMap();
    this.#healing.onLoss(this.listeners.lists.values());
    super.onDown();
  }

  protected override send(envelope: EventEnvelope): void {
    const kind = this.#kinds.get(envelope.type);
    if (kind === undefined) super.send(envelope);
    else this.sendKept(envelope, kind);
  }

  protected override arrived(): Promise<void> {
    return this.#healing.settled();
  }

  protected override deliver(list: ListenerList, topic: string, detail: unknown): void {
    if (!this.#healing.takes(list, topic, detail)) super.deliver(list, topic, detail);
  }

  protected override onOpen(gap: boolean): void {
    this.setStatus({ state: "open" });
    if (gap) {
      void this.#healing.heal([...this.listeners.lists.values()]).then((whole) => this.#onHealed(whole));
    }
  }

  /** Healing notifies the topics that have lost events, and no others. */
  protected override notifyGap(): void {}

  #reportOnce(error: unknown, topic: Topic): void {
    const list = this.listeners.lists.get(topic);
    const message = messageOf(error);
    if (list !== undefined && this.#reported.get(list) === message) return;
    if (list !== undefined) this.#reported.set(list, message);
    this.report("subscribe", error, topicOf(topic.type, topic.id));
  }

  #onHealed(whole: boolean | undefined): void {
    if (whole === undefined || this.status.state !== "open") return;
    this.setStatus(whole ? { state: "open", recovered: true } : { state: "open", gap: true });
  }
}
