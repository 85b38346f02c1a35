import type { EventEnvelope, HistoryFrom } from "../mod.ts";
import { type AnyPubSub, listenOn } from "./_listen_on.ts";

/** The topic of a {@linkcode Latest}, and its options. */
export interface LatestArguments {
  readonly type: string;
  readonly id: string | undefined;
  readonly from: HistoryFrom | undefined;
  readonly maxIds: number;
}

/** By PubSub, then by topic and options. Only those that have a subscriber, or had one a moment ago. */
const known = new WeakMap<AnyPubSub, Map<string, Latest>>();

/** The latest events of a topic, which all components share. It listens only once it has a subscriber. */
export function latestOf(pubsub: AnyPubSub, key: string, args: LatestArguments): Latest {
  return known.get(pubsub)?.get(key) ?? new Latest(pubsub, key, args);
}

/** The latest event of each id of a topic, as a store of `useSyncExternalStore`. */
export class Latest {
  readonly #pubsub: AnyPubSub;
  readonly #key: string;
  readonly #args: LatestArguments;
  readonly #events = new Map<string, EventEnvelope>();
  readonly #subscribers = new Set<() => void>();
  #snapshot: ReadonlyMap<string, EventEnvelope> = EMPTY;
  #isRead = true;
  /** Whether subscribers were notified in this turn. */
  #isNotified = false;
  #stop: (() => void) | undefined;

  constructor(pubsub: AnyPubSub, key: string, args: LatestArguments) {
    this.#pubsub = pubsub;
    this.#key = key;
    this.#args = args;
  }

  /** The events as a map that does not change. */
  read(): ReadonlyMap<string, EventEnvelope> {
    if (!this.#isRead) this.#snapshot = new Map(this.#events);
    this.#isRead = true;
    return this.#snapshot;
  }

  subscribe(onChange: () => void): () => void {
    // Two components can have made one each, in one render.
    const latest = this.#remembered();
    latest.#subscribers.add(onChange);
    latest.#stop ??= latest.#start();
    return () => {
      latest.#subscribers.delete(onChange);
      // Not at once: another component, or the same one in StrictMode, can follow in this turn.
      if (latest.#subscribers.size === 0) setTimeout(() => latest.#release());
    };
  }

  #remembered(): Latest {
    const byKey = known.get(this.#pubsub) ?? new Map<string, Latest>();
    known.set(this.#pubsub, byKey);
    const latest = byKey.get(this.#key) ?? this;
    byKey.set(this.#key, latest);
    return latest;
  }

  #release(): void {
    if (this.#subscribers.size > 0) return;
    known.get(this.#pubsub)?.delete(this.#key);
    this.#stop?.();
    this.#stop = undefined;
  }

  #start(): () => void {
    const { from } = this.#args;
    if (from !== undefined) return this.#listen(from);
    try {
      return this.#listen("latest", (error) => {
        // The hub has no history of the type.
        if (error?.name === "NoHistoryError") this.#stop = this.#listen("now");
      });
    } catch {
      // The event target has none. What else is wrong is thrown again.
      return this.#listen("now");
    }
  }

  #listen(from: HistoryFrom, onEnd?: (error?: Error) => void): () => void {
    const { type, id } = this.#args;
    const options = { from, ...(onEnd && { onEnd }) };
    return listenOn(this.#pubsub, type, id, (event) => this.#onEvent(event), options);
  }

  #onEvent(event: EventEnvelope): void {
    const events = this.#events;
    if (!events.has(event.id) && events.size >= this.#args.maxIds) {
      for (const oldest of events.keys()) {
        events.delete(oldest);
        break;
      }
    }
    events.set(event.id, event);
    this.#isRead = false;
    if (this.#isNotified) return;
    this.#isNotified = true;
    this.#notify();
    queueMicrotask(() => {
      this.#isNotified = false;
      // The others of a burst.
      if (!this.#isRead) this.#notify();
    });
  }

  #notify(): void {
    for (const onChange of [...this.#subscribers]) onChange();
  }
}

const EMPTY: ReadonlyMap<string, EventEnvelope> = new Map();
