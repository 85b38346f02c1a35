import { assertEquals } from "@std/assert";
import type { PubSubEventTarget } from "@alkdev/pubsub";
import { ask, openRedis, startRedis } from "../support/redis.ts";

/** More than a node of a stream has. */
const EVENTS = 130;
const FIRST = 100_000;
const IDS = ["1", "2", "3"];

const idOf = (n: number): string => IDS[(n * n) % IDS.length] ?? "";

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
  for (let forgotten = 0; forgotten <= EVENTS; forgotten++) {
    await ask(server, "XTRIM", "pubsub:{run}:events", "MAXLEN", "=", String(EVENTS - forgotten));
    for (const after of new Set([0, forgotten - 1, forgotten, forgotten + 1, EVENTS])) {
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
