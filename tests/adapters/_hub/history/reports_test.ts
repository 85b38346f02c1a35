import { assertEquals } from "@std/assert";
import { createInProcessEventTarget, type EventEnvelope } from "@alkdev/pubsub";
import { createMemoryHistory } from "@alkdev/pubsub/history";
import { liveIn, replayIn, replaysHaveEnded } from "../../../support/history_peer.ts";
import { open } from "../../../support/wire_hub.ts";

interface Publisher {
  publish(envelope: EventEnvelope): void;
}

for (
  const { what, dropped, hasUpstream } of [
    { what: "is too large for the peer", dropped: "x".repeat(70_000), hasUpstream: false },
    { what: "is too large for the peer", dropped: "x".repeat(70_000), hasUpstream: true },
    { what: "cannot be encoded", dropped: 5n, hasUpstream: true },
  ]
) {
  const where = hasUpstream ? "over an upstream" : "with a history of its own";
  Deno.test(`what a program publishes when it hears of a kept event that ${what} comes behind the replay: a hub ${where}`, async () => {
    const history = createMemoryHistory({ news: {} });
    const upstream = hasUpstream ? createInProcessEventTarget({ history }) : undefined;
    const onError = (): void => publish("reported");
    const { hub, add, end } = open({ ...(upstream === undefined ? { history } : { upstream }), onError });
    const bus: Publisher = upstream ?? hub;
    const publish = (payload: unknown): void => bus.publish({ type: "news", id: "1", payload });
    for (const payload of [1, dropped, 2, 3]) publish(payload);

    const { socket } = add(undefined, { batch: true, history: true, maxFrameBytes: 65_536 });
    socket.receive("__subscribe", "s", { topics: ["news:1"], since: [{ from: "start" }] });
    await replaysHaveEnded();
    const replayed = socket.envelopes.findIndex(({ type }) => type === "__replayed");
    const before = socket.envelopes.slice(0, replayed);
    assertEquals([replayIn(before, "s"), liveIn(before)], [[1, 2, 3], []]);
    assertEquals(liveIn(socket.envelopes.slice(replayed)), ["reported"]);
    await end(socket);
  });
}

Deno.test("a kept event that is exactly as large as the peer accepts is replayed", async () => {
  const history = createMemoryHistory({ news: {} });
  const { hub, add, end, reports } = open({ history });
  const at = history.head({ type: "news", id: "1" });
  const { length } = JSON.stringify({ at, type: "news", id: "1", payload: "" });
  const payloads = [65_536, 65_537].map((bytes) => "x".repeat(bytes - length));
  for (const payload of payloads) hub.publish({ type: "news", id: "1", payload });
  const { socket } = add(undefined, { batch: true, history: true, maxFrameBytes: 65_536 });
  socket.receive("__subscribe", "s", { topics: ["news:1"], since: [{ from: "start" }] });
  await replaysHaveEnded();
  assertEquals(replayIn(socket.envelopes, "s"), payloads.slice(0, 1));
  assertEquals(reports.map(({ stage }) => stage), ["encode"]);
  await end(socket);
});
