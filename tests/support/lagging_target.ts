import {
  createInProcessEventTarget,
  type EnvelopeListener,
  type EventEnvelope,
  type HistorySource,
  type PubSubEventTarget,
} from "@alkdev/pubsub";
import { createMemoryHistory } from "@alkdev/pubsub/history";

/** An event target whose history is read from far away, and whose live events come later than they are kept. */
export interface LaggingTarget {
  readonly target: PubSubEventTarget;
  /** The read that fails next, if any. */
  fails: boolean;
  /** How many reads were asked for. */
  readonly reads: { count: number };
}

/** @param delayMs The delay of the next step, in milliseconds. */
export function laggingTarget(delayMs: () => number, pageEvents = 3): LaggingTarget {
  const inner = createInProcessEventTarget({ history: createMemoryHistory({ news: {} }) });
  const later = async <T>(run: () => T | Promise<T>, ms = delayMs()): Promise<T> => {
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    return run();
  };
  const own = inner.history as HistorySource<EventEnvelope>;
  const reads = { count: 0 };
  const lagging = { reads, fails: false };
  const history: HistorySource<EventEnvelope> = {
    declares: (type) => own.declares(type),
    isAfter: (position, other) => own.isAfter(position, other),
    head: (topic) => later(() => own.head(topic)),
    read: (topic, after, bounds) => {
      reads.count++;
      // The page is of the time when it is read, and arrives later.
      return later(() => {
        if (lagging.fails) throw new Error("the history is away");
        // It knows neither empty pages nor the number of events.
        const { left: _, ...page } = own.read(topic, after, {
          maxEvents: Math.min(Math.max(1, bounds.maxEvents), pageEvents),
          maxBytes: bounds.maxBytes,
        }) as { left?: number } & Awaited<ReturnType<typeof own.read>>;
        return page;
      }).then((page) => later(() => page));
    },
  };
  /** Live events arrive in order, each some time after it was kept. */
  let arrival: Promise<unknown> = Promise.resolve();
  const target = new Proxy(inner, {
    get(_, name) {
      if (name === "history") return history;
      if (name === "flush") return () => arrival.then(() => {});
      if (name === "listen") {
        return (type: string, id: string | undefined, listener: EnvelopeListener) => {
          let stopped = false;
          const stop = inner.listen(type, id, {
            onEvent(event) {
              arrival = arrival.then(() => later(() => stopped || listener.onEvent(event)));
            },
            onReady: () => void later(() => listener.onReady?.()),
            onEnd: (error) => listener.onEnd?.(error),
          });
          return () => {
            stopped = true;
            stop();
          };
        };
      }
      const value: unknown = Reflect.get(inner, name, inner);
      return typeof value === "function" ? value.bind(inner) : value;
    },
  });
  return Object.assign(lagging, { target });
}
