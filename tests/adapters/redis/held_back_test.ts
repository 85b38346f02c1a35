import { assert, assertEquals } from "@std/assert";
import { eventually } from "../../support/eventually.ts";
import { ask, type LIBRARIES, openRedis, startRedis } from "../../support/redis.ts";

/** How many commands a client of ioredis has sent without an answer. */
function unansweredOf(client: object): number {
  return (client as { commandQueue: { length: number } }).commandQueue.length;
}

for (const library of ["ioredis 5", "ioredis 6"] as const satisfies readonly (keyof typeof LIBRARIES)[]) {
  Deno.test({
    name:
      `${library}: a Redis that hangs is sent a bounded number of commands, and then what is still wanted`,
    timeout: 60_000,
    async fn() {
      await using server = await startRedis();
      await using open = openRedis(server, library, { commandTimeoutMs: 60_000 });
      const { target, subscribeClient } = open;
      await eventually(() => target.status.state === "open");
      await server.kill("SIGSTOP");
      // Spokes that come, ask for topics and go.
      for (let round = 0; round < 10; round++) {
        const stops = Array.from(
          { length: 2000 },
          (_, i) => target.listen("gone", `${round}.${i}`, { onEvent() {} }),
        );
        for (const stop of stops) stop();
      }
      let ready = 0;
      const onEvent = (): void => {};
      for (let i = 0; i < 3000; i++) {
        target.listen("kept", String(i), {
          onEvent,
          onReady: () => void ready++,
        });
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert(unansweredOf(subscribeClient) <= 1000, `${unansweredOf(subscribeClient)} commands`);
      await server.kill("SIGCONT");
      await eventually(() => assertEquals(ready, 3000), { timeoutMs: 20_000 });
      await target.flush();
      const channels = await ask(server, "PUBSUB", "CHANNELS") as string[];
      assertEquals(channels.length, 3000);
      assertEquals(channels.filter((channel) => !channel.startsWith("kept:")), []);
      assertEquals(open.faults, []);
    },
  });
}

Deno.test({
  name:
    "Redis: a subscription that was not answered in time, and is not wanted any more, is ended at the server",
  timeout: 30_000,
  async fn() {
    await using server = await startRedis();
    await using open = openRedis(server, "ioredis 5", { commandTimeoutMs: 50 });
    const { target, faults } = open;
    await eventually(() => target.status.state === "open");
    await server.kill("SIGSTOP");
    const stop = target.listen("news", "1", { onEvent() {} });
    await eventually(() => faults.length > 0);
    stop();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await server.kill("SIGCONT");
    await target.flush();
    await eventually(async () => assertEquals(await ask(server, "PUBSUB", "CHANNELS"), []));
    target.listen("news", "2", { onEvent() {} });
    await target.flush();
    assertEquals(await ask(server, "PUBSUB", "CHANNELS"), ["news:2"]);
  },
});

Deno.test({
  name: "Redis: commands that a lost connection never answers hold back nothing on the next one",
  timeout: 60_000,
  async fn() {
    await using server = await startRedis();
    await using open = openRedis(server, "ioredis 5", { commandTimeoutMs: 60_000 });
    const { target } = open;
    await eventually(() => target.status.state === "open");
    await server.kill("SIGSTOP");
    let ready = 0;
    for (let i = 0; i < 2500; i++) {
      target.listen("kept", String(i), { onEvent() {}, onReady: () => void ready++ });
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    await server.kill("SIGKILL");
    await eventually(() => target.status.state === "reconnecting");
    await server.restart();
    await eventually(() => assertEquals(ready, 2500), { timeoutMs: 20_000 });
    await target.flush();
    assertEquals((await ask(server, "PUBSUB", "CHANNELS") as string[]).length, 2500);
  },
});
