import { topicOfEnvelope } from "../../../core/envelope.ts";
import { EVERY_TOPIC, type Topic, topicOf } from "../../../core/topic.ts";
import type { ErrorStage, EventEnvelope } from "../../../core/types.ts";
import { isSubscribed, type Subscriber, type Subscribers } from "./subscribers.ts";
import { type Via, viaOf } from "../../../core/via.ts";
import type { Codec, EncodedEnvelope, EncodeOptions } from "../../_wire/codec.ts";

/** Who is given events. */
export interface Recipient<TBody> extends Subscriber {
  /** What the hub calls it where it says which way an event has come. */
  readonly mark: string | undefined;
  /** Whether it wants what it published itself. */
  readonly echo: boolean;
  /** Sends it an event. */
  deliver(event: EncodedEnvelope<TBody>): void;
}

/** The hub's own listeners, which hear an event of the upstream once, like a spoke. */
export interface OwnListeners {
  /** Whether they want exactly that topic. */
  wants(topic: string): boolean;
  /** Whether they want it and the upstream has acknowledged it. */
  has(topic: string): boolean;
  /** Tells all of them that are concerned. */
  hear(envelope: EventEnvelope): void;
}

/** Reports that an event could not be encoded. */
type OnFault = (stage: ErrorStage, error: unknown, topic: string) => void;

/** The listeners of the upstream, in the order in which they hear one event: of its topic, of its bare type, of `*`. */
type Level = 0 | 1 | 2;

/** An event that listeners of the upstream are being told of. */
interface Telling<TSpoke, TBody> {
  readonly envelope: EventEnvelope;
  /** Which one heard it last. */
  last: Level;
  /** Who has had it, or does not want it, where anybody who has could be told of it again. */
  had: Set<TSpoke> | undefined;
  /** Whether the hub's own listeners have. */
  heard: boolean;
  /** What is sent of it, once it is encoded; `null` if it cannot be. */
  event: EncodedEnvelope<TBody> | null | undefined;
}

/** Gives events to the subscribed spokes of a hub: to each one once, encoded once for all of them. */
export class Fanout<TSpoke extends Recipient<TBody>, TBody> {
  /** Those that get everything because they are not open yet. */
  readonly opening: Set<TSpoke> = new Set();
  readonly #subscribers: Subscribers<TSpoke>;
  readonly #codec: Codec<TBody, unknown>;
  readonly #onFault: OnFault;
  /** The events of this turn, by the objects that the listeners hear. */
  readonly #tellings = new Map<EventEnvelope, Telling<TSpoke, TBody>>();

  /**
   * @param subscribers Who is subscribed to what.
   * @param codec How an event is encoded.
   * @param onFault Hears if it cannot be.
   */
  constructor(subscribers: Subscribers<TSpoke>, codec: Codec<TBody, unknown>, onFault: OnFault) {
    this.#subscribers = subscribers;
    this.#codec = codec;
    this.#onFault = onFault;
  }

  /**
   * Sends an event of the hub's program.
   *
   * @param envelope The event.
   */
  send(envelope: EventEnvelope): void {
    const concerned = this.#subscribers.concerned(envelope);
    const spokes = this.opening.size === 0
      ? concerned
      : [...concerned, ...[...this.opening].filter((spoke) => !isSubscribed(spoke, envelope))];
    if (spokes.length === 0) return;
    const event = this.#encode(envelope, { deferred: this.opening.size > 0, multicast: spokes.length > 1 });
    if (event !== null) { for (const spoke of spokes) spoke.deliver(event); }
  }

  /**
   * Passes on what one listener of the upstream has heard, to those who are subscribed to exactly its topic. Who is
   * subscribed to a more specific one as well has it from that one's listener.
   *
   * @param topic The listener's topic, bare type or `*`.
   * @param envelope What it heard; all listeners may hear the same object, or each one its own.
   * @param own The hub's own listeners.
   */
  pass(topic: Topic, envelope: EventEnvelope, own: OwnListeners): void {
    const level = levelOf(topic);
    const telling = this.#tellingOf(envelope, level);
    if (!telling.heard && own.wants(nameOf(topic))) {
      telling.heard = !CLOSER[level](envelope).some((each) => own.has(nameOf(each)));
      if (telling.heard) own.hear(envelope);
    }
    const spokes = this.#subscribers.of(topic);
    if (spokes !== undefined) this.#passTo(spokes, level, telling);
  }

  #passTo(spokes: ReadonlySet<TSpoke>, level: Level, telling: Telling<TSpoke, TBody>): void {
    const { envelope } = telling;
    const closer = CLOSER[level](envelope).map((each) => this.#subscribers.of(each) ?? NOBODY);
    if (this.#reachesFurther(envelope, level)) telling.had ??= new Set();
    const { had } = telling;
    const via = viaOf(envelope);
    for (const spoke of spokes) {
      if (had?.has(spoke) || isInAny(closer, spoke)) continue;
      had?.add(spoke);
      if (via === undefined || via.at(-1) !== spoke.mark) this.#deliver(spoke, telling);
      else if (spoke.echo) this.#deliverOwn(spoke, telling, via);
    }
  }

  /** Whether anybody is subscribed to what covers an event and is less specific than a level. */
  #reachesFurther({ type }: EventEnvelope, level: Level): boolean {
    return (level < 1 && this.#subscribers.of({ type, id: undefined }) !== undefined) ||
      (level < 2 && this.#subscribers.of(EVERYTHING) !== undefined);
  }

  /** What is known of an event that a listener hears. */
  #tellingOf(envelope: EventEnvelope, level: Level): Telling<TSpoke, TBody> {
    const known = this.#tellings.get(envelope);
    if (known !== undefined && level > known.last) {
      known.last = level;
      return known;
    }
    // Listeners that share an envelope hear it in one turn; later it may be published again.
    if (this.#tellings.size === 0) queueMicrotask(() => this.#tellings.clear());
    const telling = { envelope, last: level, had: undefined, heard: false, event: undefined };
    this.#tellings.set(envelope, telling);
    return telling;
  }

  #deliver(spoke: TSpoke, telling: Telling<TSpoke, TBody>): void {
    if (telling.event === undefined) telling.event = this.#encode(telling.envelope, borrowedBy(undefined));
    if (telling.event !== null) spoke.deliver(telling.event);
  }

  /** A spoke that is a hub itself, and says which way its event had come, is told the same way again. */
  #deliverOwn(spoke: TSpoke, telling: Telling<TSpoke, TBody>, via: Via): void {
    const way = via.slice(0, -1);
    if (way.length === 0) return this.#deliver(spoke, telling);
    const event = this.#encode(telling.envelope, borrowedBy(way));
    if (event !== null) spoke.deliver(event);
  }

  #encode(envelope: EventEnvelope, options: EncodeOptions): EncodedEnvelope<TBody> | null {
    try {
      return this.#codec.encode(envelope, false, options);
    } catch (error) {
      this.#onFault("encode", error, topicOfEnvelope(envelope));
      return null;
    }
  }
}

const NOBODY: ReadonlySet<never> = new Set();

/** Without a closure for each spoke, which would be most of what there is to collect. */
function isInAny<T>(sets: readonly ReadonlySet<T>[], item: T): boolean {
  for (const set of sets) if (set.has(item)) return true;
  return false;
}

/** Everybody on the upstream hears the same object. */
function borrowedBy(via: Via | undefined): EncodeOptions {
  return { deferred: false, multicast: true, payloadShared: true, via };
}

const EVERYTHING: Topic = { type: EVERY_TOPIC, id: undefined };

/** The topics that cover an event and are more specific than a level. */
const CLOSER: Readonly<Record<Level, (envelope: EventEnvelope) => readonly Topic[]>> = {
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
