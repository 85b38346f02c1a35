import type { BaseEventTarget } from "../../../core/base_event_target.ts";
import { ignore } from "../../../core/ignore.ts";
import { topicOfEnvelope } from "../../../core/envelope.ts";
import { EVERY_TOPIC, type Topic, topicOf } from "../../../core/topic.ts";
import type { EventEnvelope } from "../../../core/types.ts";
import { type Via, viaOf } from "../../../core/via.ts";
import type { Codec, EncodedEnvelope, EncodeOptions } from "../../_wire/codec.ts";
import type { OpeningRights } from "../incoming/opening_rights.ts";
import { positioned } from "../history/encoded_form.ts";
import type { HubPast } from "../history/hub_past.ts";
import { isOwn, type Recipient } from "../history/recipient.ts";
import type { HubCounters } from "../hub_counters.ts";
import type { Spoke } from "../spoke.ts";
import { Burst } from "./burst.ts";
import { Origin } from "./origin.ts";
import { isSubscribed, type Subscribers } from "./subscribers.ts";

/** The listeners of a hub's own program, which receive an event of the upstream once, as a spoke does. */
export interface LocalListeners {
  /** The number of topics that have listeners. */
  readonly size: number;
  /** Whether exactly this topic has listeners. */
  isWanted(topic: string): boolean;
  /** Whether exactly this topic has listeners, and the upstream has acknowledged it. */
  isAcknowledged(topic: string): boolean;
  /** Delivers an event to the listeners of its topic, of its bare type and of `*`. */
  emit(envelope: EventEnvelope): void;
}

/** The specificity of an upstream's listener: 0 of a topic, 1 of a bare type, 2 of `*`. They are called in this order. */
type Level = 0 | 1 | 2;

/** An event that the listeners of the upstream are receiving, one after the other. */
interface Delivery {
  readonly envelope: EventEnvelope;
  /** The listener that received it last. */
  last: Level;
  /** Spokes already served, kept only if a less specific listener could reach them again. */
  delivered: Set<Spoke> | undefined;
  deliveredLocally: boolean;
  /** The encoded event, once it is needed; `null` if it cannot be encoded. */
  encoded: EncodedEnvelope | null | undefined;
}

/** Sends events to the subscribed spokes of a hub: once to each of them, encoded once for all of them. */
export class Fanout {
  /** Spokes still opening: they are sent every event that they may receive until their subscriptions are known. */
  readonly opening: Map<Spoke, OpeningRights> = new Map();
  /** The past of the events that are relayed, if they have one. */
  past: HubPast | undefined;
  /** The listeners of the hub's program, for events that are relayed. */
  local: LocalListeners = { size: 0, isWanted: () => false, isAcknowledged: () => false, emit: ignore };
  readonly #subscribers: Subscribers;
  readonly #codec: Codec;
  readonly #reporter: Pick<BaseEventTarget, "report">;
  readonly #counters: Pick<HubCounters, "handedOver" | "unheard" | "encode">;
  readonly #burst = new Burst();
  readonly #origin = new Origin();
  /** The events of this turn, by the objects that the listeners receive. */
  readonly #deliveries = new Map<EventEnvelope, Delivery>();

  constructor(
    subscribers: Subscribers,
    codec: Codec,
    reporter: Pick<BaseEventTarget, "report">,
    counters: HubCounters,
  ) {
    this.#counters = counters;
    this.#subscribers = subscribers;
    this.#codec = codec;
    this.#reporter = reporter;
  }

  /**
   * Sends an event of the hub's program.
   *
   * @param encoded The event, if it is encoded already.
   */
  send(envelope: EventEnvelope, encoded?: EncodedEnvelope): void {
    const matching = this.#subscribers.matching(envelope);
    const spokes = this.opening.size === 0 ? matching : [...matching, ...this.#openingFor(envelope)];
    if (spokes.length === 0) return void this.#counters.unheard++;
    const options = { deferred: this.opening.size > 0, multicast: spokes.length > 1 };
    const event = encoded ?? this.#encode(envelope, options);
    if (event === null) return void this.#counters.encode++;
    this.#counters.handedOver++;
    this.#burst.send(spokes, event);
  }

  /**
   * Relays an event that one listener of the upstream received, to the spokes that are subscribed to exactly its topic.
   * Spokes with a more specific subscription are served by that one's listener.
   *
   * @param topic The listener's topic, bare type or `*`.
   * @param envelope The event: one object for all listeners, or one for each.
   */
  relay(topic: Topic, envelope: EventEnvelope): void {
    const { local } = this;
    this.past?.tails.note(topic, envelope);
    const level = levelOf(topic);
    const reachesFurther = this.#reachesFurther(envelope, level);
    const isAlone = level === 0 && local.size === 0 && !reachesFurther;
    const delivery = isAlone ? newDelivery(envelope, level) : this.#deliveryOf(envelope, level);
    if (local.size > 0 && !delivery.deliveredLocally && local.isWanted(nameOf(topic))) {
      delivery.deliveredLocally = !MORE_SPECIFIC[level](envelope).some((each) =>
        local.isAcknowledged(nameOf(each))
      );
      if (delivery.deliveredLocally) local.emit(envelope);
    }
    const spokes = this.#subscribers.of(topic);
    if (spokes === undefined) return;
    const servedElsewhere = level === 0
      ? NO_SETS
      : MORE_SPECIFIC[level](envelope).map((each) => this.#subscribers.of(each) ?? NOBODY);
    if (reachesFurther) delivery.delivered ??= new Set();
    const { delivered } = delivery;
    const via = viaOf(envelope);
    const own = via && this.#origin.among(spokes.list, via);
    if (delivered === undefined && !servedElsewhere.some(({ size }) => size > 0)) {
      const event = this.#encoded(delivery);
      const echo = own === undefined ? event : this.#encodedEcho(delivery, own, via);
      if (event !== null) this.#burst.send(echo === event ? spokes.list : this.#origin.others, event);
      if (echo !== event && echo !== null) own?.deliver(echo);
      return;
    }
    for (const spoke of spokes.list) {
      if (delivered?.has(spoke) || isInAny(servedElsewhere, spoke)) continue;
      delivered?.add(spoke);
      const event = spoke === own ? this.#encodedEcho(delivery, spoke, via) : this.#encoded(delivery);
      if (event !== null) spoke.deliver(event);
    }
  }

  /** The opening spokes that an event waits for although they have not subscribed to it. */
  #openingFor(envelope: EventEnvelope): Spoke[] {
    const opening = [...this.opening].filter(([spoke, rights]) =>
      !isSubscribed(spoke, envelope) && rights.allow(envelope)
    );
    return opening.map(([spoke]) => spoke);
  }

  /** Whether spokes have a matching subscription that is less specific than a level. */
  #reachesFurther({ type }: EventEnvelope, level: Level): boolean {
    return (level < 1 && this.#subscribers.ofBare(type) !== undefined) ||
      (level < 2 && this.#subscribers.ofEvery !== undefined);
  }

  #deliveryOf(envelope: EventEnvelope, level: Level): Delivery {
    const known = this.#deliveries.get(envelope);
    if (known !== undefined && level > known.last) {
      known.last = level;
      return known;
    }
    // Listeners that share an envelope receive it in one turn. In a later turn it may be published again.
    if (this.#deliveries.size === 0) queueMicrotask(() => this.#deliveries.clear());
    const delivery = newDelivery(envelope, level);
    this.#deliveries.set(envelope, delivery);
    return delivery;
  }

  #encoded(delivery: Delivery): EncodedEnvelope | null {
    if (delivery.encoded === undefined) {
      delivery.encoded = this.#encodeRelayed(delivery.envelope, undefined);
    }
    return delivery.encoded;
  }

  /** An event for the spoke that sent it. A spoke that is a hub gets back the `via` that it sent. */
  #encodedEcho(delivery: Delivery, spoke: Spoke, via: Via = []): EncodedEnvelope | null {
    if (!spoke.wantsEcho) return null;
    if (via.length <= 1) return this.#encoded(delivery);
    return this.#encodeRelayed(delivery.envelope, via.slice(0, -1));
  }

  /** An event of the upstream's history for a spoke: `null` if it cannot be encoded, `undefined` if it is not wanted. */
  encodeFor(envelope: EventEnvelope, spoke: Recipient): EncodedEnvelope | null | undefined {
    const via = viaOf(envelope);
    if (!isOwn(via, spoke)) return this.#encodeRelayed(envelope, undefined, true);
    if (!spoke.wantsEcho) return undefined;
    return this.#encodeRelayed(envelope, via.length > 1 ? via.slice(0, -1) : undefined, true);
  }

  /** @param isPast Whether it belongs to a replay: it is counted, so that it must not fail later. */
  #encodeRelayed(envelope: EventEnvelope, via: Via | undefined, isPast = false): EncodedEnvelope | null {
    // All upstream listeners share the envelope, so nothing in it may be transferred.
    const options = { deferred: isPast, multicast: true, payloadShared: true, via };
    const event = this.#encode(envelope, options, isPast);
    const { at } = envelope;
    if (at === undefined || event === null || this.past === undefined) return event;
    // Believed from a history alone: a program can publish any object.
    return this.past.source.declares(envelope.type) ? positioned(event, at) : event;
  }

  #encode(envelope: EventEnvelope, options: EncodeOptions, isPast = false): EncodedEnvelope | null {
    try {
      return this.#codec.encode(envelope, false, options);
    } catch (error) {
      const report = (): void => this.#reporter.report("encode", error, topicOfEnvelope(envelope));
      // Later: the program may publish an event then, which must not come between a page and its replay.
      if (isPast) queueMicrotask(report);
      else report();
      return null;
    }
  }
}

function newDelivery(envelope: EventEnvelope, last: Level): Delivery {
  return { envelope, last, delivered: undefined, deliveredLocally: false, encoded: undefined };
}

const NOBODY: ReadonlySet<never> = new Set();
const NO_SETS: readonly never[] = [];

/** Without a closure for each spoke, which would be most of the garbage of a relay. */
function isInAny<T>(sets: readonly { has(item: T): boolean }[], item: T): boolean {
  for (const set of sets) if (set.has(item)) return true;
  return false;
}

/** The topics that cover an event and are more specific than a level. */
const MORE_SPECIFIC: Readonly<Record<Level, (envelope: EventEnvelope) => readonly Topic[]>> = {
  0: () => [],
  1: ({ type, id }) => [{ type, id }],
  2: ({ type, id }) => [{ type, id }, { type, id: undefined }],
};

function nameOf({ type, id }: Topic): string {
  return topicOf(type, id);
}

function levelOf({ type, id }: Topic): Level {
  return id !== undefined ? 0 : type === EVERY_TOPIC ? 2 : 1;
}
