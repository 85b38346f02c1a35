import { assert, assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { createInProcessEventTarget } from "@alkdev/pubsub";
import { createMemoryHistory } from "@alkdev/pubsub/history";
import { giveUpTurn, waitForTurn } from "../../../../adapters/_hub/history/replay_turns.ts";
import { eventually } from "../../../support/eventually.ts";
import { HistoryPeer } from "../../../support/history_peer.ts";
import { serveHub } from "../../../support/hubs.ts";

const TOPIC = { type: "news", id: undefined };
const BOUNDS = { maxEvents: 256, maxBytes: Infinity };

Deno.test("readers at the same place get the same events, and each page is what is kept at its moment", () => {
  const history = createMemoryHistory({ news: { perId: 100 } });
  const target = createInProcessEventTarget({ history });
  const publish = (payload: number, id = "1"): void => target.publish({ type: "news", id, payload });
  const read = () => history.read(TOPIC, "start", BOUNDS);
  for (let i = 0; i < 80; i++) publish(i);
  const first = read();
  assertStrictEquals(read().events, first.events);
  publish(80);
  const second = read();
  assertEquals(second.events.map(({ payload }) => payload), Array.from({ length: 81 }, (_, i) => i));
  assertStrictEquals(second.events[79], first.events[79]);
  assertNotStrictEquals(second.events, first.events);
  publish(81, "2");
  publish(82);
  history.forget("news", "2");
  assertEquals(read().events.map(({ payload }) => payload).slice(-3), [79, 80, 82]);
  const one = history.read({ type: "news", id: "1" }, "start", BOUNDS);
  assertEquals([one.events.length, one.whole, read().whole], [82, true, false]);
  history.forget("news", "1");
  assertEquals(read().events, []);
});

Deno.test("a hub encodes a page of its upstream once, but what a spoke has sent itself for that spoke", async () => {
  const history = createMemoryHistory({ news: {} });
  await using upstream = createInProcessEventTarget({ history });
  await using served = serveHub({ upstream });
  await using writer = await HistoryPeer.open(served.url, { echo: false });
  writer.send("news", "1", "own");
  await writer.flush();
  let encoded = 0;
  for (let i = 0; i < 100; i++) {
    upstream.publish({ type: "news", id: "1", payload: { toJSON: () => (encoded++, i) } });
  }
  const all = Array.from({ length: 100 }, (_, i) => i);
  for (let i = 0; i < 3; i++) {
    await using peer = await HistoryPeer.open(served.url);
    await peer.subscribe(["news"], [{ from: "start" }], "s");
    await peer.replayed("s");
    assertEquals(peer.replayOf("s"), ["own", ...all]);
  }
  assertEquals(encoded, 100);
  await writer.subscribe(["news"], [{ from: "start" }], "s");
  await writer.replayed("s");
  assertEquals(writer.replayOf("s"), all);
});

Deno.test("replays of many spokes hold the event loop for a few milliseconds at once, and all of them have their turn", async () => {
  const log: string[] = [];
  const busy = (name: string) => (): void => {
    const until = performance.now() + 3;
    while (performance.now() < until);
    log.push(name);
  };
  const gone = busy("gone");
  for (const read of [busy("1"), busy("2"), gone, busy("3"), busy("4")]) waitForTurn(read);
  giveUpTurn(gone);
  setTimeout(() => log.push("timer"), 0);
  await eventually(() => log.length === 5);
  assertEquals(log.filter((name) => name !== "timer"), ["1", "2", "3", "4"]);
  assert(log.indexOf("timer") < log.indexOf("4"), log.join());
  // The last one to wait is given up: nothing is left to wait for.
  for (const read of [busy("5"), busy("6"), gone]) waitForTurn(read);
  await eventually(() => log.includes("6"));
  giveUpTurn(gone);
});
