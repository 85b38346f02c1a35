import { assertEquals, assertLess } from "@std/assert";
import type { EventTargetStatus, PubSubEventTarget } from "@alkdev/pubsub";
import { eventually } from "../../support/eventually.ts";
import { listen } from "../../support/heard_payloads.ts";
import { ask, LIBRARIES, openRedis, openTarget, type RedisServer, startRedis } from "../../support/redis.ts";

const history = { run: {} };

function openOtherDatabase({ path }: RedisServer) {
  const Client = LIBRARIES["ioredis 5"];
  const [publishClient, subscribeClient] = [new Client(path, { db: 1 }), new Client(path, { db: 1 })];
  return openTarget({ history, publishClient, subscribeClient });
}

async function publish(target: PubSubEventTarget, ...payloads: number[]): Promise<void> {
  for (const payload of payloads) target.publish({ type: "run", id: "1", payload });
  await target.flush();
}

/** How many commands Redis has processed. */
async function commands(server: RedisServer): Promise<number> {
  return Number(/total_commands_processed:(\d+)/.exec(String(await ask(server, "INFO", "stats")))?.[1]);
}

for (
  const [what, ids] of [["an id", ["1"]], ["a bare type", [undefined]], ["both", ["1", undefined]]] as const
) {
  Deno.test(`a listener of ${what} hears what another database publishes, and is told once`, async () => {
    await using server = await startRedis();
    const statuses: EventTargetStatus[] = [];
    await using own = openRedis(server, "ioredis 5", {
      history,
      onStatus: (status) => void statuses.push(status),
    });
    await using other = openOtherDatabase(server);
    const heard = await Promise.all(ids.map((id) => listen(own.target, "run", id)));
    await publish(own.target, 1);
    await publish(other.target, 2, 3);
    // There is no order between events of two histories.
    await eventually(() => heard.forEach((each) => assertEquals(each, [1, 2, 3])));
    await publish(own.target, 4);
    await publish(other.target, 5);
    await eventually(() => heard.forEach((each) => assertEquals(each, [1, 2, 3, 4, 5])));
    await own.target.flush();
    assertEquals(own.faults.map(({ error }) => String(error)), [
      'Error: A program publishes "run" with the positions of another history, such as that of another database: ' +
      "its events are not kept in this one, and a loss of the connection is a gap",
    ]);
    // Nothing goes on.
    const [before, told] = [await commands(server), statuses.length];
    await ask(server, "BLPOP", "none", "0.2");
    assertLess(await commands(server) - before, 20);
    assertEquals(statuses.length, told);
    await ask(server, "CLIENT", "KILL", "TYPE", "pubsub");
    await eventually(() => heard.forEach((each) => assertEquals(each.at(-1), "gap")));
    await publish(own.target, 6);
    await eventually(() => heard.forEach((each) => assertEquals(each, [1, 2, 3, 4, 5, "gap", 6])));
  });
}

Deno.test("positions that the history has not reached are delivered, and do not move the place", async () => {
  await using server = await startRedis();
  await using own = openRedis(server, "ioredis 5", { history });
  const positions: string[] = [];
  own.target.listen("run", undefined, { onEvent: ({ at = "" }) => void positions.push(at) });
  const heard = await Promise.all([listen(own.target, "run"), listen(own.target, "run", "1")]);
  await publish(own.target, 1);
  await eventually(() => assertEquals(positions.length, 1));
  const epoch = positions[0]?.split(".")[0];
  // Other databases take turns.
  const later = [`${epoch}.900000`, "ZZZZZ.100001", "YYYYY.100001", "ZZZZZ.100002", "YYYYY.100002"];
  for (const [i, at] of later.entries()) {
    await ask(server, "PUBLISH", "run:1", JSON.stringify({ at, type: "run", id: "1", payload: 2 + i }));
    await eventually(() => heard.forEach((each) => assertEquals(each.at(-1), 2 + i)));
  }
  await publish(own.target, 7);
  await eventually(() => heard.forEach((each) => assertEquals(each, [1, 2, 3, 4, 5, 6, 7])));
  assertEquals(own.faults.length, 1);
  const before = await commands(server);
  await ask(server, "BLPOP", "none", "0.2");
  assertLess(await commands(server) - before, 20);
});

Deno.test("events of a history that has been deleted, and that wait meanwhile, are in the gap", async () => {
  await using server = await startRedis();
  await using own = openRedis(server, "ioredis 5", { history });
  const heard = await Promise.all([listen(own.target, "run"), listen(own.target, "run", "1")]);
  await publish(own.target, 1, 2);
  await ask(server, "FLUSHALL");
  await publish(own.target, 3);
  await eventually(() => heard.forEach((each) => assertEquals(each, [1, 2, "gap"])));
  await publish(own.target, 4);
  await eventually(() => heard.forEach((each) => assertEquals(each, [1, 2, "gap", 4])));
  assertEquals(own.faults, []);
});
