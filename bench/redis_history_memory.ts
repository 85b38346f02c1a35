// How many bytes of Redis does a history take, by `MEMORY USAGE` of all its keys?
//
// `deno run -A bench/redis_history_memory.ts`

// @ts-types="../tests/support/ioredis.d.ts"
import { Redis } from "ioredis";
import { createRedisEventTarget } from "../adapters/redis.ts";
import { startRedis } from "../scripts/lib/redis_server.ts";

const EVENTS = 20_000;
/** The events of an id that are published in a row. */
const ROW = 16;
const TYPE = "session.status";
const KINDS = { events: {}, "events in a row": {}, states: { perId: 1 } };
const server = await startRedis();
const publishClient = new Redis(server.path);
const subscribeClient = new Redis(server.path);
const rows: Record<string, number> = {};
for (const messageBytes of [117, 1000]) {
  for (const eventsAnId of [1, 10, 1000]) {
    for (const [kind, bounds] of Object.entries(KINDS)) {
      const ids = EVENTS / eventsAnId;
      const row = kind === "events in a row" ? Math.min(eventsAnId, ROW) : 1;
      const eventTarget = createRedisEventTarget({
        publishClient,
        subscribeClient,
        prefix: `${messageBytes}/${eventsAnId}/${kind}/`,
        history: { [TYPE]: bounds },
      });
      const idOf = (i: number): string => `proj_${String(Math.floor(i / row) % ids).padStart(8, "0")}`;
      const plain = JSON.stringify({ type: TYPE, id: idOf(0), payload: "" }).length;
      for (let i = 0; i < EVENTS; i++) {
        const text = String(i).padEnd(messageBytes - plain, "x");
        eventTarget.publish({ type: TYPE, id: idOf(i), payload: text });
        if (i % 1000 === 999) await eventTarget.flush();
      }
      const keys = await publishClient.call(
        "KEYS",
        `pubsub:{${messageBytes}/${eventsAnId}/${kind}/*`,
      ) as string[];
      let bytes = 0;
      for (const key of keys) {
        bytes += Number(await publishClient.call("MEMORY", "USAGE", key, "SAMPLES", "0"));
      }
      const each = kind === "states" ? ids : EVENTS;
      rows[`bytes in Redis, messages of ${messageBytes} bytes, ${eventsAnId} an id: ${kind}`] = Math.round(
        bytes / each,
      );
      await eventTarget.close();
      await publishClient.call("FLUSHALL");
    }
  }
}
console.log(JSON.stringify({ rows }));
await server[Symbol.asyncDispose]();
Deno.exit(0);
