import { assertEquals } from "@std/assert";
import { createPubSub as createYogaPubSub } from "@graphql-yoga/subscription";
import { eventually } from "../../support/eventually.ts";
import { disconnect, LIBRARIES, openRedis, startRedis } from "../../support/redis.ts";

Deno.test("Redis: graphql-yoga's createPubSub works on the event target, with the channels and messages of graphql-yoga's own target", async () => {
  await using server = await startRedis();
  await using open = openRedis(server, "ioredis 5");
  const pubsub = createYogaPubSub<{ user: [id: string, name: string]; all: [payload: object | undefined] }>({
    eventTarget: open.target,
  });
  const raw: [string, string][] = [];
  const other = new LIBRARIES["ioredis 5"](server.path);
  other.on("message", (channel: string, message: string) => void raw.push([channel, message]));
  await other.subscribe("user:1");
  await other.subscribe("all");
  const users = pubsub.subscribe("user", "1");
  const alls = pubsub.subscribe("all");
  const [user, all] = [users.next(), alls.next()];
  await open.target.flush();
  pubsub.publish("user", "1", "Ada");
  pubsub.publish("all", { ok: true });
  pubsub.publish("all", undefined);
  assertEquals([(await user).value, (await all).value], ["Ada", { ok: true }]);
  assertEquals((await alls.next()).value, null);
  await eventually(() => assertEquals(raw, [["user:1", '"Ada"'], ["all", '{"ok":true}'], ["all", "null"]]));
  // Events that graphql-yoga's own target publishes arrive too.
  await open.publishClient.publish("user:1", '"Grace"');
  assertEquals((await users.next()).value, "Grace");
  await Promise.all([users.return(), alls.return()]);
  assertEquals(open.faults, []);
  await disconnect(other);
});
