import { assertEquals } from "@std/assert";
import {
  createPubSub,
  createWebSocketClientEventTarget,
  createWebSocketServerEventTarget,
} from "@alkdev/pubsub";
import { createMemoryHistory, createResume } from "@alkdev/pubsub/history";
import { eventually } from "../../support/eventually.ts";
import { type Events, readAll } from "../../support/resume_pair.ts";

Deno.test("two tabs that share a resume recover apart: a loss and a revocation of one are not of the other, and a position is of both", async () => {
  const history = createMemoryHistory({ news: {} });
  const hub = createWebSocketServerEventTarget({ history });
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    hub.addConnection(socket);
    return response;
  });
  const resume = createResume();
  const tabs = [0, 1].map((tab) => {
    const eventTarget = createWebSocketClientEventTarget(
      () => new WebSocket(`ws://127.0.0.1:${server.addr.port}`),
      { resume, reconnectDelayMs: 1, maxReconnectDelayMs: 1, onError() {} },
    );
    const heard: number[] = [];
    let gaps = 0;
    const pubsub = createPubSub<Events>({ eventTarget });
    const topic = pubsub.on("news", String(tab), ({ payload }) => void heard.push(payload), {
      onGap: () => void gaps++,
    });
    return { eventTarget, pubsub, heard, topic, gaps: () => gaps };
  });
  await Promise.all(tabs.map(({ topic }) => topic.replayed));
  const publish = (id: number, payload: number): void =>
    hub.publish({ type: "news", id: String(id), payload });
  const spokeOf = (id: number) => hub.spokes.find(({ topics }) => topics.has(`news:${id}`));
  for (let round = 1; round <= 6; round++) {
    const lost = round % 2;
    const spoke = spokeOf(lost);
    void spoke?.close({ code: 1012, reason: "" });
    publish(0, round);
    publish(1, round);
    await eventually(() => tabs.every(({ heard }) => heard.length === round));
    await eventually(() => spokeOf(lost) !== undefined && spokeOf(lost) !== spoke);
  }
  for (const { heard, gaps } of tabs) assertEquals([heard, gaps()], [[1, 2, 3, 4, 5, 6], 0]);
  const [banned, kept] = [spokeOf(0), spokeOf(1)];
  if (banned !== undefined) hub.revoke(banned);
  void kept?.close({ code: 1012, reason: "" });
  publish(0, 7);
  publish(1, 7);
  await eventually(() => tabs[1]?.heard.length === 7);
  assertEquals(tabs.map(({ heard, gaps }) => [heard, gaps()]), [[[1, 2, 3, 4, 5, 6], 0], [[
    1,
    2,
    3,
    4,
    5,
    6,
    7,
  ], 0]]);
  const [second, first] = tabs.map(({ pubsub }) => pubsub);
  const read = second?.subscribe("news", "2", { from: "start" });
  for (const payload of [1, 2, 3]) publish(2, payload);
  if (read !== undefined) await readAll(read, 2);
  const again = first?.subscribe("news", "2", { from: read?.position ?? "" });
  assertEquals([(await again?.next())?.value?.payload, again?.gaps], [3, 0]);
  await Promise.all(tabs.map(({ eventTarget }) => eventTarget.close()));
  await hub.close();
  await server.shutdown();
});
