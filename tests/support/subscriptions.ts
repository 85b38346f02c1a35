import { createPubSub, type PubSub, type Subscription } from "@alkdev/pubsub";
import { CountedEventTarget } from "./counted_event_target.ts";
import { ManualEventTarget } from "./manual_event_target.ts";

/** The events in the tests of subscriptions. */
export type Events = { news: unknown };

/** The result of `next()` after a normal end. */
export const DONE: IteratorReturnResult<undefined> = { value: undefined, done: true };

/** A PubSub over a foreign target, with the number of its native listeners and the reported faults. */
export function open(): { pubsub: PubSub<Events>; listeners: () => number; faults: unknown[] } {
  const eventTarget = new CountedEventTarget();
  const faults: unknown[] = [];
  const pubsub = createPubSub<Events>({ eventTarget, onError: (error) => void faults.push(error) });
  return { pubsub, listeners: () => eventTarget.count(), faults };
}

/** A subscription to `news:1` whose far end is the test. */
export function openManually(): {
  target: ManualEventTarget;
  subscription: Subscription<{ payload: unknown }>;
} {
  const target = new ManualEventTarget();
  const subscription = createPubSub<Events>({ eventTarget: target }).subscribe("news", "1");
  return { target, subscription };
}

/** Publishes payloads on `news:1`, in order. */
export function publish(pubsub: PubSub<Events>, ...payloads: unknown[]): void {
  for (const payload of payloads) pubsub.publish("news", "1", payload);
}

/** The payload of a result, or "done". */
export async function payloadOf(
  result: Promise<IteratorResult<{ payload: unknown }, undefined>>,
): Promise<unknown> {
  const { value, done } = await result;
  return done ? "done" : value.payload;
}

/** The remaining payloads, and the name of the error that ended the iteration, if any. */
export async function readRest(subscription: AsyncIterable<{ payload: unknown }>): Promise<unknown[]> {
  const rest: unknown[] = [];
  try {
    for await (const { payload } of subscription) rest.push(payload);
  } catch (error) {
    rest.push(error instanceof Error ? error.name : error);
  }
  return rest;
}
