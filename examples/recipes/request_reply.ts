import type { PubSub } from "@alkdev/pubsub";

export type Events = {
  "sum.asked": { numbers: number[] };
  "sum.answered": { sum: number } | { error: string };
};

/** Answers requests, each on the id that the requester has chosen. */
export function serveSums(pubsub: PubSub<Events>, sum: (numbers: number[]) => Promise<number>): () => void {
  return pubsub.on("sum.asked", async ({ id, payload }) => {
    const answer = await sum(payload.numbers).then((sum) => ({ sum }), (error) => ({ error: String(error) }));
    pubsub.publish("sum.answered", id, answer);
  });
}

/** Asks, and waits for the answer. It may have been computed even if none arrives: only repeat what can be repeated. */
export async function requestSum(
  pubsub: PubSub<Events>,
  numbers: number[],
  { timeoutMs = 5000 }: { timeoutMs?: number } = {},
): Promise<number> {
  const id = crypto.randomUUID();
  const signal = AbortSignal.timeout(timeoutMs);
  // Subscribed first: an answer cannot come before anybody listens.
  const answers = pubsub.subscribe("sum.answered", id, { signal });
  try {
    await answers.ready;
    pubsub.publish("sum.asked", id, { numbers });
    const { value } = await answers.next();
    if (value === undefined) throw signal.reason ?? new Error("The PubSub has been closed");
    if ("error" in value.payload) throw new Error(value.payload.error);
    return value.payload.sum;
  } finally {
    await answers.return();
  }
}
