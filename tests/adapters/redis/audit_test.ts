import { assert, assertEquals } from "@std/assert";
import type { EventEnvelope } from "@alkdev/pubsub";
import { imbalances } from "../../support/audit.ts";
import { eventually } from "../../support/eventually.ts";
import { readKept } from "../../support/redis_history/kept.ts";
import { openRedis, startRedis } from "../../support/redis.ts";

const AOF = ["--appendonly", "yes", "--appendfsync", "always"];

// The model of the history audits the other libraries.
for (const isKept of [true, false]) {
  for (const isKilled of [false, true]) {
    const what = isKilled ? "while Redis is killed" : "without a fault";
    Deno.test(`the numbers of a publisher, ${isKept ? "the history" : "Redis"} and a listener agree ${what}`, async () => {
      await using server = await startRedis({ args: isKept ? AOF : [] });
      const options = { history: isKept ? { run: {} } : {} };
      await using publisher = openRedis(server, "ioredis 5", options);
      await using listener = openRedis(server, "ioredis 5", options);
      const heard: unknown[] = [];
      await new Promise<void>((resolve) => {
        const onEvent = ({ payload }: EventEnvelope): void => void heard.push(payload);
        listener.target.listen("run", undefined, { onEvent, onReady: resolve });
      });

      let said = 0;
      const say = (): void => publisher.target.publish({ type: "run", id: "1", payload: ++said });
      const talk = setInterval(() => {
        for (let i = 0; i < 5; i++) say();
      }, 1);
      const failures = (): number => publisher.target.stats().published.dropped.failed;
      // Until an event was on its way.
      for (let kill = 0; isKilled && kill < (failures() === 0 ? 10 : 2); kill++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        await server.kill("SIGKILL");
        await server.restart();
        await eventually(() => publisher.target.status.state === "open");
        await eventually(() => listener.target.status.state === "open");
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
      clearInterval(talk);
      // Both are there again, and what was published before the last one is decided.
      await eventually(async () => {
        say();
        const last = said;
        await publisher.target.flush().catch(() => {});
        await eventually(() => heard.includes(last), { timeoutMs: 1000 });
        return true;
      }, { timeoutMs: 15_000 });

      const { published } = publisher.target.stats();
      const { heard: counted } = listener.target.stats();
      assertEquals(imbalances("the publisher", publisher.target.stats()), []);
      assertEquals(imbalances("the listener", listener.target.stats()), []);
      assertEquals([published.total, published.waiting, counted.delivered], [said, 0, heard.length]);
      assertEquals(counted.total, heard.length);
      const { handedOver, dropped: { failed } } = published;
      const reports = publisher.faults.filter(({ context }) => context.stage === "publish");
      assertEquals(reports.length, failed, "each event that was not handed over is reported");
      if (!isKilled) return assertEquals([handedOver, failed, heard.length], [said, 0, said]);
      assert(heard.length <= handedOver + failed, `${heard.length} of ${handedOver} and ${failed}`);
      if (!isKept) return;
      const { events } = await readKept(listener.target, "run");
      const kept = new Set(events.map(({ payload }) => payload));
      // What Redis has confirmed it keeps, and what it keeps the listener has heard, once.
      assert(handedOver <= kept.size && kept.size <= handedOver + failed);
      assertEquals([heard.length, new Set(heard)], [kept.size, kept]);
    });
  }
}
