import {
  createPubSub,
  type EventEnvelope,
  type PubSub,
  type PubSubEventMap,
  type PubSubEventTarget,
  type Subscription,
} from "@alkdev/pubsub";
import { escapeUnprintable, formatEvent, parseEvent } from "./event_line.ts";
import { lines } from "./lines.ts";
import { messageOf } from "./program.ts";
import { subscribeTo } from "./topics.ts";

/** How many lines are published before the hub has to have handled them. */
const LINES_UNTIL_FLUSH = 1000;

/** What a spoke does, over whatever it is connected by. */
export interface RunSpokeOptions {
  /** Its link to the hub, which is closed at the end. */
  readonly eventTarget: PubSubEventTarget;
  /** What to print, each as `type:id`, `type` or `*`. */
  readonly topics: readonly string[];
  /** Whether to print events as JSON. */
  readonly json: boolean;
}

/**
 * Prints the events of its topics, a line each, and publishes each line of stdin, until the hub goes away or
 * `interrupted` aborts. Returns the exit code; throws if the hub went away.
 */
export async function runSpoke(
  { eventTarget, topics, json }: RunSpokeOptions,
  interrupted: AbortSignal,
): Promise<number> {
  // All the work ends with the event target, whoever ends that.
  const ended = new AbortController();
  void eventTarget.closed.then(() => ended.abort());
  interrupted.addEventListener("abort", () => void eventTarget.close());

  const pubsub = createPubSub({ eventTarget });
  const subscriptions = topics.map((topic) => subscribeTo(pubsub, topic));
  const work = [
    publishLines(pubsub, ended.signal),
    announce(subscriptions, topics),
    ...subscriptions.map((subscription) => print(subscription, json)),
  ];
  try {
    await Promise.all(work);
    const error = await eventTarget.closed;
    if (error !== undefined) throw error;
  } catch (error) {
    if (!interrupted.aborted) throw error;
  } finally {
    await eventTarget.close();
    // What had arrived is still printed.
    await Promise.allSettled(work);
  }
  return 0;
}

async function announce(
  subscriptions: readonly Subscription<EventEnvelope>[],
  topics: readonly string[],
): Promise<void> {
  await Promise.all(subscriptions.map(({ ready }) => ready));
  if (topics.length > 0) console.error(`Subscribed to ${topics.join(", ")}`);
}

async function print(subscription: Subscription<EventEnvelope>, json: boolean): Promise<void> {
  for await (const event of subscription) {
    const receivedAt = performance.timeOrigin + performance.now();
    console.log(json ? escapeUnprintable(JSON.stringify({ ...event, receivedAt })) : formatEvent(event));
  }
}

async function publishLines(pubsub: PubSub<PubSubEventMap>, signal: AbortSignal): Promise<void> {
  let published = 0;
  try {
    for await (const line of lines(Deno.stdin.readable, { signal })) {
      if (line.trim() === "" || !publishLine(pubsub, line)) continue;
      // What is read faster than the hub takes it would pile up, and be dropped in the end.
      if (++published % LINES_UNTIL_FLUSH === 0) await pubsub.flush();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function publishLine(pubsub: PubSub<PubSubEventMap>, line: string): boolean {
  try {
    const { type, id, payload } = parseEvent(line);
    pubsub.publish(type, id, payload);
    return true;
  } catch (error) {
    console.error(`Not published: ${line}\n  ${messageOf(error)}`);
    return false;
  }
}
