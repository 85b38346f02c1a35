import type { EventEnvelope, PubSubEventTarget } from "@alkdev/pubsub";

/** Reads all that is kept of a type. */
export async function readKept(
  { history }: PubSubEventTarget,
  type: string,
): Promise<{ events: EventEnvelope[]; isWhole: boolean }> {
  if (history === undefined) throw new Error("The target has a history");
  const events: EventEnvelope[] = [];
  let isWhole = true;
  let after: Parameters<typeof history.read>[1] = "start";
  for (let done = false; !done;) {
    const page = await history.read({ type, id: undefined }, after, { maxEvents: 256, maxBytes: 1e6 });
    isWhole &&= page.whole;
    events.push(...page.events);
    after = page.next;
    done = page.done;
  }
  return { events, isWhole };
}
