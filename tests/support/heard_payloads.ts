import type { PubSubEventTarget } from "@alkdev/pubsub";

/** Listens to a topic. Resolves, once that is acknowledged, with the payloads that arrive; a gap is noted as "gap". */
export async function listen(target: PubSubEventTarget, type: string, id?: string): Promise<unknown[]> {
  const heard: unknown[] = [];
  await new Promise<void>((resolve) =>
    target.listen(type, id, {
      onEvent: ({ payload }) => void heard.push(payload),
      onGap: () => void heard.push("gap"),
      onReady: resolve,
    })
  );
  return heard;
}
