import { assertEquals } from "@std/assert";
import type { PubSubEventTarget } from "@alkdev/pubsub";
import { ask, openRedis, startRedis } from "../support/redis.ts";

/** More than a node of a stream has. */
const EVENTS = 130;
const FIRST = 100_000;
const EVENTS_KEY = "pubsub:{run}:events";
const IDS = ["1", "2", "3"];

/** Some ids have one event in a row, and others up to 20: these are one entry. */
const idOf = (n: number): string => IDS[(n % 5 === 0 ? n : Math.floor(Math.sqrt(n * 3))) % IDS.length] ?? "";

/** Reads what follows an event. */
async function readAfter(target: PubSubEventTarget, id: string | undefined, position: string) {
  const bounds = { maxEvents: EVENTS, maxBytes: 1e6 };
  const page = await target.history?.read({ type: "run", id }, position, bounds);
  return { whole: page?.whole, numbers: page?.events.map(({ payload }) => payload) };
}

Deno.test("wherever Redis trims a history, what follows a position is whole exactly if nothing after it is forgotten", async () => {
  await using server = await startRedis();
  await using redis = openRedis(server, "ioredis 5", { history: { run: {} } });
  for (let n = 1; n <= EVENTS; n++) redis.target.publish({ type: "run", id: idOf(n), payload: n });
  await redis.target.flush();
  const head = String(await redis.target.history?.head({ type: "run", id: undefined }));
  const epoch = head.slice(0, head.indexOf(".") + 1);
  const entries = await ask(server, "XRANGE", EVENTS_KEY, "-", "+") as [string, unknown][];
  const lasts = entries.map(([id]) => Number(id.split("-")[1]) - FIRST);
  for (const [i, forgotten] of [0, ...lasts].entries()) {
    await ask(server, "XTRIM", EVENTS_KEY, "MAXLEN", "=", String(entries.length - i));
    for (const after of new Set([0, forgotten - 1, forgotten, forgotten + 1, forgotten + 2, EVENTS])) {
      if (after < 0 || after > EVENTS) continue;
      for (const id of [undefined, ...IDS]) {
        const own = Array.from({ length: EVENTS - after }, (_, i) => after + 1 + i)
          .filter((n) => id === undefined || idOf(n) === id);
        const whole = own.every((n) => n > forgotten);
        const found = await readAfter(redis.target, id, `${epoch}${FIRST + after}`);
        const where = `${forgotten} forgotten, after ${after} of ${id ?? "all"}`;
        assertEquals(found, { whole, numbers: whole ? own : [] }, where);
      }
    }
  }
});
