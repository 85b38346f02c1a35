import { assertEquals } from "@std/assert";
import { createInProcessEventTarget, createPubSub, type HistoryFrom } from "@alkdev/pubsub";
import { createMemoryHistory } from "@alkdev/pubsub/history";

const TYPE = { type: "news", id: undefined };

/** The first page of a replay has 256 events: a0, b0, a1, … b127. */
async function replayWithout(from: HistoryFrom | undefined, forgotten: (i: number) => string) {
  const history = createMemoryHistory({ news: {} });
  const pubsub = createPubSub<{ news: string }>({ eventTarget: createInProcessEventTarget({ history }) });
  const begin = history.head(TYPE);
  for (let i = 0; i < 300; i++) {
    // The latest event is of an id of its own.
    for (const id of ["a", "b"]) pubsub.publish("news", from === "latest" ? `${id}${i}` : id, `${id}${i}`);
  }
  const subscription = pubsub.subscribe("news", { from: from ?? begin });
  const heard: string[] = [];
  const gapsBefore: string[] = [];
  let gaps = 0;
  const read = async (): Promise<void> => {
    const { value } = await subscription.next();
    const { payload = "" } = value ?? {};
    for (; gaps < (subscription.gaps ?? 0); gaps++) gapsBefore.push(payload);
    heard.push(payload);
  };
  await read();
  for (const id of new Set(Array.from({ length: 300 }, (_, i) => forgotten(i)))) history.forget("news", id);
  for (let i = 1; i < 256; i++) await read();
  assertEquals(gaps, 0);
  return { pubsub, subscription, heard, gapsBefore, read };
}

const LATER = Array.from({ length: 300 - 128 }, (_, i) => 128 + i);

for (const from of ["start", { last: 600 }] as const) {
  const name = JSON.stringify(from);
  Deno.test(`forget during a replay from ${name}: a gap lies where events are missing, and nowhere else`, async () => {
    for (const [kept, forgotten] of [["a", "b"], ["b", "a"]] as const) {
      const { heard, gapsBefore, read, pubsub } = await replayWithout(from, () => forgotten);
      pubsub.publish("news", "c", "end");
      while (heard.at(-1) !== "end") await read();
      assertEquals(heard.slice(256), [...LATER.map((i) => `${kept}${i}`), "end"]);
      // Before a128, the last event was b127: none is missing. After a299, b299 is.
      const holes = kept === "a" ? [...LATER.slice(1).map((i) => `a${i}`), "end"] : LATER.map((i) => `b${i}`);
      assertEquals(gapsBefore, holes);
    }
  });
}

Deno.test("forget during a replay of the latest events: one gap stands for all ids that are missing", async () => {
  const { heard, gapsBefore, read, pubsub } = await replayWithout("latest", (i) => `b${i}`);
  pubsub.publish("news", "c", "end");
  while (heard.at(-1) !== "end") await read();
  assertEquals(heard.slice(256), [...LATER.map((i) => `a${i}`), "end"]);
  assertEquals(gapsBefore, ["a128"]);
});

Deno.test("forget during a replay from a position: one gap, and nothing more but what comes live", async () => {
  const { heard, gapsBefore, read, pubsub, subscription } = await replayWithout(undefined, () => "b");
  const next = read();
  assertEquals(await subscription.replayed, { whole: false });
  pubsub.publish("news", "c", "live");
  await next;
  assertEquals([heard.slice(256), gapsBefore], [["live"], ["live"]]);
});
