import type { EventEnvelope, PubSub } from "@alkdev/pubsub";
import { createMemoryHistory, type MemoryHistory } from "@alkdev/pubsub/history";

/** One type for all parts, since order in a history is that of a type. */
export type Events = { "answer.part": { text: string } | { done: true } | { failed: string } };

/** Keeps the answers of ten minutes. Give it to the hub: `createWebSocketServerEventTarget({ history })`. */
export function createAnswerHistory(): MemoryHistory<EventEnvelope> {
  return createMemoryHistory({ "answer.part": { perId: 10_000, ttlMs: 600_000 } });
}

/** Publishes the tokens of a model as they come. */
export async function streamAnswer(
  pubsub: PubSub<Events>,
  id: string,
  tokens: AsyncIterable<string>,
): Promise<void> {
  try {
    for await (const text of tokens) pubsub.publish("answer.part", id, { text });
    pubsub.publish("answer.part", id, { done: true });
  } catch (error) {
    pubsub.publish("answer.part", id, { failed: String(error) });
  }
}

/**
 * Reads an answer from its start, whenever it is joined. A link needs the option `resume: createResume()`, and then misses
 * nothing over a lost connection.
 */
export async function* readAnswer(
  pubsub: PubSub<Events>,
  id: string,
  options: { signal?: AbortSignal } = {},
): AsyncGenerator<string, void> {
  // If the start is no longer kept, this throws a GapError in place of an answer with a hole.
  const parts = pubsub.subscribe("answer.part", id, { ...options, from: "start", onGap: "error" });
  for await (const { payload } of parts) {
    if ("done" in payload) return;
    if ("failed" in payload) throw new Error(payload.failed);
    yield payload.text;
  }
}
