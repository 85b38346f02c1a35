import type { EventEnvelope, PubSubEventTarget } from "@alkdev/pubsub";

/** Collects the payloads that a target hears. */
export function payloadsOf(target: PubSubEventTarget, type: string, id?: string): unknown[] {
  const payloads: unknown[] = [];
  target.listen(type, id, { onEvent: ({ payload }) => void payloads.push(payload) });
  return payloads;
}

/** An envelope. */
export function envelope(type: string, id: string, payload?: unknown): EventEnvelope {
  return { type, id, payload };
}
