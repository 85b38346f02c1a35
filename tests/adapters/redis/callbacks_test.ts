import type { EnvelopeListener } from "@alkdev/pubsub";
import { assertEquals } from "@std/assert";
import { eventually } from "../../support/eventually.ts";
import { ask, LIBRARIES, openRedis, openTarget, startRedis } from "../../support/redis.ts";
import { startRedisProxy } from "../../support/redis_proxy.ts";

Deno.test("Redis: a listener that is added again on each refusal receives events once the server allows the channel", async () => {
  await using server = await startRedis();
  await using open = openRedis(server, "ioredis 5");
  const { target } = open;
  await eventually(() => target.status.state === "open");
  await ask(server, "ACL", "SETUSER", "default", "resetchannels");
  const received: unknown[] = [];
  let refusals = 0;
  const listener: EnvelopeListener = {
    onEvent: ({ payload }) => void received.push(payload),
    onEnd(error) {
      refusals++;
      if (error !== undefined) target.listen("news", "1", listener);
    },
  };
  target.listen("news", "1", listener);
  await eventually(() => refusals > 1);
  await ask(server, "ACL", "SETUSER", "default", "allchannels");
  await target.flush();
  target.publish({ type: "news", id: "1", payload: "after" });
  await target.flush();
  assertEquals(received, ["after"]);
});

Deno.test("Redis: a listener that is removed and added again on a fault becomes ready", async () => {
  await using server = await startRedis();
  using proxy = startRedisProxy(server.path);
  const Client = LIBRARIES["ioredis 5"];
  let faults = 0;
  let isReady = false;
  await using open = openTarget({
    publishClient: new Client(server.path),
    subscribeClient: new Client(proxy.path, { commandTimeout: 100 }),
    onError() {
      if (++faults > 1) return;
      stop();
      open.target.listen("news", "1", { onEvent() {}, onReady: () => void (isReady = true) });
    },
  });
  await eventually(() => open.target.status.state === "open");
  proxy.stall("answers");
  const stop = open.target.listen("news", "1", { onEvent() {} });
  await eventually(() => faults > 1);
  proxy.release();
  await eventually(() => isReady);
});
