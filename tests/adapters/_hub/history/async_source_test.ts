import { assert, assertEquals } from "@std/assert";
import { createInProcessEventTarget } from "@alkdev/pubsub";
import { createMemoryHistory } from "@alkdev/pubsub/history";
import { eventually } from "../../../support/eventually.ts";
import { type Answer, HistoryPeer, replayIn, type WireEnvelope } from "../../../support/history_peer.ts";
import { serveHub } from "../../../support/hubs.ts";
import { laggingTarget } from "../../../support/lagging_target.ts";
import { seeded } from "../../../support/seeded.ts";

/** What a link with one subscription for a ref hears: a live event with a position is dropped while it replays. */
function heardBy(envelopes: readonly WireEnvelope[], ref: string): unknown[] {
  const heard: unknown[] = [];
  let isLive = false;
  let replay = { ref: "", left: 0 };
  for (const { type, id, payload } of envelopes) {
    if (type === "__replay") replay = { ref: id, left: (payload as { count: number }).count };
    else if (type === "__replayed" && id === ref) isLive = true;
    else if (type.startsWith("__")) continue;
    else if (replay.left > 0) {
      replay.left--;
      if (replay.ref === ref) heard.push(payload);
    } else if (isLive) heard.push(payload);
  }
  return heard;
}

Deno.test("over an upstream whose pages and events come later, nothing is missing, doubled or out of order", async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const random = seeded(seed);
    const { target } = laggingTarget(() => random() < 0.5 ? 0 : Math.floor(random() * 4));
    const served = serveHub({ upstream: target });
    let published = 0;
    const publish = (): void => target.publish({ type: "news", id: "1", payload: ++published });
    for (let i = 0; i < 8; i++) publish();
    const peer = await HistoryPeer.open(served.url);
    for (const ref of ["a", "b"]) {
      peer.send("__subscribe", ref, { topics: ["news:1"], since: [{ from: "start" }] });
      for (let i = 0; i < 10; i++) {
        if (random() < 0.7) publish();
        await new Promise((resolve) => setTimeout(resolve, random() * 4));
      }
    }
    await Promise.all(["a", "b"].map((ref) => peer.replayed(ref)));
    for (let i = 0; i < 5; i++) publish();
    const all = Array.from({ length: published }, (_, i) => i + 1);
    await eventually(() => assertEquals(heardBy(peer.envelopes, "a").at(-1), published));
    for (const ref of ["a", "b"]) assertEquals([seed, ref, heardBy(peer.envelopes, ref)], [seed, ref, all]);
    await peer[Symbol.asyncDispose]();
    await served[Symbol.asyncDispose]();
    await target.close();
  }
});

Deno.test("a history that cannot be read is a gap, and a fault of the hub; live events follow", async () => {
  const lagging = laggingTarget(() => 0);
  const { target } = lagging;
  await using served = serveHub({ upstream: target });
  target.publish({ type: "news", id: "1", payload: 1 });
  await using peer = await HistoryPeer.open(served.url);
  lagging.fails = true;
  const answer = await peer.subscribe(["news:1"], [{ from: "start" }], "s");
  assertEquals(answer.history, [{ at: "", whole: false }]);
  const end = await peer.replayed("s");
  assertEquals([end.whole, peer.replayOf("s")], [false, []]);
  target.publish({ type: "news", id: "1", payload: 2 });
  await eventually(() => assertEquals(peer.live(), [2]));
  lagging.fails = false;
  await peer.subscribe(["news:1"], [{ from: "start" }], "t");
  assertEquals((await peer.replayed("t")).whole, true);
  assertEquals(peer.replayOf("t"), [1, 2]);
  assert(served.faults.every(({ error }) => String(error).includes("the history is away")));
  assertEquals(served.faults.length > 0, true);
  await target.close();
});

for (const where of ["in a page", "live behind the last page"]) {
  Deno.test(`an event of an upstream that cannot be encoded is a gap before what follows it, ${where}`, async () => {
    let calls = 0;
    // The second page is read at once, and arrives later.
    const lagging = laggingTarget(() => lagging.reads.count === 2 && ++calls === 2 ? 200 : 0);
    const { target } = lagging;
    await using served = serveHub({ upstream: target });
    const publish = (payload: unknown): void => target.publish({ type: "news", id: "1", payload });
    const isLive = where !== "in a page";
    publish(1);
    if (!isLive) publish(5n);
    publish(2);
    await using peer = await HistoryPeer.open(served.url);
    peer.send("__subscribe", "s", { topics: ["news:1"], since: [{ from: "start" }] });
    await eventually(() => assertEquals(lagging.reads.count, 2));
    if (isLive) publish(5n);
    publish(3);
    const { whole } = await peer.replayed("s");
    await peer.flush();
    assertEquals([whole, heardBy(peer.envelopes, "s")], [false, [1, 2, 3]]);
    const isGap = ({ type, payload }: WireEnvelope): boolean =>
      type === "__replay" && (payload as { whole?: boolean }).whole === false;
    assert(peer.envelopes.some(isGap));
    assert(served.faults.some(({ error }) => String(error).includes("BigInt")));
    await target.close();
  });
}

Deno.test("a history that cannot count is bounded by maxReplay as well: what is beyond it is a gap", async () => {
  const { target } = laggingTarget(() => 0);
  await using served = serveHub({ upstream: target, maxReplay: 7 });
  for (let i = 1; i <= 20; i++) target.publish({ type: "news", id: "1", payload: i });
  await using peer = await HistoryPeer.open(served.url);
  await peer.subscribe(["news:1", "news"], [{ from: "start" }, { from: { last: 2 } }], "s");
  await eventually(() => assertEquals(peer.envelopes.filter(({ type }) => type === "__replayed").length, 2));
  const ends = peer.envelopes.filter(({ type }) => type === "__replayed").map(({ payload }) => {
    return (payload as { whole: boolean }).whole;
  });
  assertEquals(ends, [false, false]);
  assert(replayIn(peer.envelopes, "s").length <= 7);
  target.publish({ type: "news", id: "1", payload: "live" });
  await eventually(() => assertEquals(peer.live(), ["live"]));
  await target.close();
});

Deno.test("a request that was stopped, or whose spoke is gone, before its pages came replays nothing", async () => {
  const { target, reads } = laggingTarget(() => 20);
  await using served = serveHub({ upstream: target });
  for (let i = 1; i <= 20; i++) target.publish({ type: "news", id: "1", payload: i });
  const peer = await HistoryPeer.open(served.url);
  peer.send("__subscribe", "a", { topics: ["news:1"], since: [{ from: "start" }] });
  peer.send("__unsubscribe", "", { replay: "a" });
  const { payload } = await peer.find("__subscribed", "a");
  assertEquals((payload as Answer).topics, ["news:1"]);
  peer.send("__subscribe", "b", { topics: ["news:1"], since: [{ from: "start" }] });
  await peer.find("__replay", "b");
  const { count } = reads;
  await peer[Symbol.asyncDispose]();
  await eventually(() => served.hub.connectionCount === 0);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert(reads.count <= count + 1, `${reads.count} reads after ${count}`);
  assertEquals(peer.replayOf("a"), []);
  await target.close();
});

/** Asks for three events, and publishes more of them after the page was read and before it comes. */
async function publishBehindPage(count: number): Promise<{ envelopes: readonly WireEnvelope[]; at: string }> {
  let calls = 0;
  // The second page is read at once, and arrives later.
  const lagging = laggingTarget(() => lagging.reads.count === 2 && ++calls === 2 ? 300 : 0);
  const { target } = lagging;
  await using served = serveHub({ upstream: target });
  const publish = (payload: number): void => target.publish({ type: "news", id: "1", payload });
  for (let i = 1; i <= 3; i++) publish(i);
  await using peer = await HistoryPeer.open(served.url);
  peer.send("__subscribe", "s", { topics: ["news:1"], since: [{ from: "start" }] });
  await eventually(() => assertEquals(lagging.reads.count, 2));
  for (let i = 1; i <= count; i++) publish(3 + i);
  const { at, whole } = await peer.replayed("s");
  await peer.flush();
  assert(whole);
  await target.close();
  return { envelopes: [...peer.envelopes], at };
}

Deno.test("what comes live behind a page belongs to the replay, which ends at the last of it", async () => {
  const { envelopes, at } = await publishBehindPage(5);
  assertEquals(heardBy(envelopes, "s"), [1, 2, 3, 4, 5, 6, 7, 8]);
  const replayed = envelopes.findIndex(({ type }) => type === "__replayed");
  assertEquals(at, envelopes[replayed - 1]?.at);
});

Deno.test("of more live events than wait behind a page, none is missing: the history brings them", async () => {
  const { envelopes } = await publishBehindPage(1100);
  assertEquals(heardBy(envelopes, "s"), Array.from({ length: 1103 }, (_, i) => i + 1));
});

Deno.test("a history that cannot count replays as many events as maxReplay, and is whole", async () => {
  const { target } = laggingTarget(() => 0);
  await using served = serveHub({ upstream: target, maxReplay: 7 });
  for (let i = 1; i <= 7; i++) target.publish({ type: "news", id: "1", payload: i });
  await using peer = await HistoryPeer.open(served.url);
  await peer.subscribe(["news:1"], [{ from: "start" }], "s");
  assertEquals((await peer.replayed("s")).whole, true);
  assertEquals(peer.replayOf("s"), [1, 2, 3, 4, 5, 6, 7]);
  await target.close();
});

Deno.test("the first subscriber of a topic of an upstream that acknowledges at once gets all that maxReplay allows", async () => {
  await using upstream = createInProcessEventTarget({ history: createMemoryHistory({ news: {} }) });
  await using served = serveHub({ upstream, maxReplay: 10 });
  for (let i = 1; i <= 7; i++) upstream.publish({ type: "news", id: "1", payload: i });
  await using peer = await HistoryPeer.open(served.url);
  await peer.subscribe(["news:1"], [{ from: "start" }], "s");
  assertEquals((await peer.replayed("s")).whole, true);
  assertEquals(peer.replayOf("s"), [1, 2, 3, 4, 5, 6, 7]);
});

Deno.test("a read that a revocation overtakes does not bring the right to the past back", async () => {
  for (const revoked of ["news:1", undefined]) {
    let delayMs = 0;
    const { target, reads } = laggingTarget(() => delayMs);
    await using served = serveHub({ upstream: target });
    const publish = (payload: number): void => target.publish({ type: "news", id: "1", payload });
    await using peer = await HistoryPeer.open(served.url);
    publish(1);
    const { history: [place] = [] } = await peer.subscribe(["news:1"], [{ from: "now" }], "now");
    publish(2);
    delayMs = 60;
    peer.send("__subscribe", "read", { topics: ["news:1"], since: [place?.at] });
    const answered = peer.find("__subscribed", "read");
    await eventually(() => assertEquals(reads.count, 1));
    served.hub.revoke(() => true, revoked);
    assertEquals(((await answered).payload as Answer).topics, []);
    publish(3);
    // Longer than the two steps of the read.
    await new Promise((resolve) => setTimeout(resolve, 2.5 * delayMs));
    delayMs = 0;
    const again = await peer.subscribe(["news:1"], [place?.at], "again");
    assertEquals(again.history?.map((one) => one?.whole), [false]);
    await peer.replayed("again");
    assertEquals(peer.replayOf("again"), []);
    // What it has subscribed to since counts again.
    publish(4);
    await peer.subscribe(["news:1"], [again.history?.[0]?.at], "after");
    assertEquals((await peer.replayed("after")).whole, true);
    assertEquals(peer.replayOf("after"), [4]);
    await target.close();
  }
});
