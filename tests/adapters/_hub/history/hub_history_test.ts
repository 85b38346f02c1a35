import { assert, assertEquals } from "@std/assert";
import { createInProcessEventTarget } from "@alkdev/pubsub";
import { createMemoryHistory } from "@alkdev/pubsub/history";
import { HistoryPeer } from "../../../support/history_peer.ts";
import { serveHub } from "../../../support/hubs.ts";

Deno.test("a hub replays what was published on it, then is live, with one position for each event", async () => {
  await using served = serveHub({ history: createMemoryHistory({ news: {} }) });
  const publish = (payload: unknown, id = "1"): void => served.hub.publish({ type: "news", id, payload });
  for (const payload of [1, 2, 3]) publish(payload);
  await using peer = await HistoryPeer.open(served.url);
  const answer = await peer.subscribe(["news:1"], [{ from: "start" }], "s");
  assertEquals(answer.history?.map((place) => place?.whole), [true]);
  const end = await peer.replayed("s");
  publish(4);
  await peer.flush();
  assertEquals(peer.replayOf("s"), [1, 2, 3]);
  assertEquals(peer.live(), [4]);
  const events = peer.envelopes.filter(({ type }) => type === "news");
  assertEquals(events.map(({ at }) => at?.length), [12, 12, 12, 12]);
  assertEquals([end.topic, end.at, end.whole], ["news:1", events[2]?.at, true]);
  const [hello] = peer.envelopes;
  assertEquals((hello?.payload as { history?: boolean }).history, true);

  await using later = await HistoryPeer.open(served.url);
  await later.subscribe(["news:1"], [events[1]?.at], "p");
  await later.replayed("p");
  assertEquals(later.replayOf("p"), [3, 4]);
  // The replayed text is the live one.
  assertEquals(later.envelopes.filter(({ type }) => type === "news"), events.slice(2));
});

Deno.test("a hub over a target with a history replays that, also what spokes have published", async () => {
  const history = createMemoryHistory({ news: {} });
  await using upstream = createInProcessEventTarget({ history });
  await using served = serveHub({ upstream });
  await using writer = await HistoryPeer.open(served.url);
  writer.send("news", "1", "of a spoke");
  await writer.flush();
  served.hub.publish({ type: "news", id: "1", payload: "of the hub" });
  await using peer = await HistoryPeer.open(served.url);
  const { history: places } = await peer.subscribe(
    ["news", "other"],
    [{ from: "start" }, { from: "start" }],
    "s",
  );
  assertEquals(places?.map((place) => place?.whole), [true, undefined]);
  await peer.replayed("s");
  upstream.publish({ type: "news", id: "1", payload: "live" });
  await peer.flush();
  assertEquals(peer.replayOf("s"), ["of a spoke", "of the hub"]);
  assertEquals(peer.live(), ["live"]);
  assert(peer.envelopes.filter(({ type }) => type === "news").every(({ at }) => at !== undefined));
});
