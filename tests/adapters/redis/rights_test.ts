import { assertEquals } from "@std/assert";
import { createWebSocketServerEventTarget } from "@alkdev/pubsub";
import { FakeSocket } from "../../support/fake_socket.ts";
import { eventually } from "../../support/eventually.ts";
import { openRedis, openServer } from "../../support/redis.ts";

/** Lets the event loop turn so many times. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("Redis: a ban holds for the questions that wait for Redis, whenever it comes", async () => {
  await using server = await openServer();
  await using open = openRedis(server, "ioredis 5", { prefix: `${crypto.randomUUID()}:` });
  await eventually(() => open.target.status.state === "open");
  let isBanned = false;
  const hub = createWebSocketServerEventTarget({
    upstream: open.target,
    authorize: () => !isBanned,
    onError() {},
  });
  // Another spoke has the topic already, so that Redis answers at once for it, and later for the others.
  const other = new FakeSocket();
  hub.addConnection(other);
  other.receive("__subscribe", "1", { topics: ["secret:1"] });
  await open.target.flush();
  for (let round = 0; round < 40; round++) {
    isBanned = false;
    const socket = new FakeSocket();
    const spoke = hub.addConnection(socket);
    const topics = [`first:${round}`, "secret:1", `last:${round}`];
    socket.receive("__subscribe", "1", { topics: round % 2 === 0 ? topics : topics.toReversed() });
    await turns(round % 4);
    const granted = spoke.topics.size > 0;
    if (round % 3 > 0) hub.revoke(spoke, round % 3 === 1 ? undefined : "secret");
    else {
      isBanned = true;
      socket.receive("__subscribe", "2", { topics: ["secret:1"] });
    }
    socket.sent.length = 0;
    hub.publish({ type: "secret", id: "1", payload: round });
    await hub.flush();
    await turns(2);
    const heard = socket.envelopes.filter(({ type }) => type === "secret");
    assertEquals(
      [heard, spoke.topics.has("secret:1")],
      [[], false],
      `round ${round}, granted before: ${granted}`,
    );
    hub.removeConnection(socket);
  }
  const heard = other.envelopes.filter(({ type }) => type === "secret");
  assertEquals(heard.map(({ payload }) => payload), [...Array(40).keys()]);
  hub.removeConnection(other);
  await hub.close();
});
