import { assertEquals } from "@std/assert";
import type { EventEnvelope } from "@alkdev/pubsub";
import { viaOf, withVia } from "../../../core/via.ts";
import { eventually } from "../../support/eventually.ts";
import {
  ask,
  disconnect,
  LIBRARIES,
  openRedis,
  openServer,
  openTarget,
  startRedis,
} from "../../support/redis.ts";

type Run = { at: string; type: string; id: string; payload?: unknown; payloads?: unknown[] };

const PAYLOADS = ["first", { payload: '"payload":', payloads: [1] }, null, [[]], "\u2028\ud800", 0.1];

Deno.test("events in a row of one topic with a history are one message, and programs hear each of them", async () => {
  await using server = await openServer();
  const prefix = `${crypto.randomUUID()}/`;
  await using writer = openRedis(server, "ioredis 5", { prefix, history: { run: {}, status: { perId: 1 } } });
  await using reader = openRedis(server, "ioredis 6", { prefix, history: { run: {}, status: { perId: 1 } } });
  await using plain = openRedis(server, "iovalkey", { prefix });
  const watcher = new LIBRARIES["ioredis 5"](server.path);
  const messages: Run[] = [];
  watcher.on("pmessage", (_: string, __: string, message: string) => messages.push(JSON.parse(message)));
  await watcher.psubscribe(`${prefix}*`);
  for (const type of ["run", "status"]) {
    messages.length = 0;
    const heard = new Map<string, EventEnvelope[]>();
    for (const [name, { target }] of Object.entries({ reader, plain })) {
      for (const id of [undefined, '"1"']) {
        const events: EventEnvelope[] = [];
        heard.set(`${name} ${id}`, events);
        target.listen(type, id, { onEvent: (event) => void events.push(event) });
      }
      await target.flush();
    }
    for (const payload of PAYLOADS) writer.target.publish({ type, id: '"1"', payload });
    writer.target.publish({ type, id: '"1"', payload: undefined });
    writer.target.publish({ type, id: "2", payload: "last" });
    const sent = [...PAYLOADS, undefined, "last"];
    await eventually(() => assertEquals(heard.get("plain undefined")?.length, sent.length));
    await eventually(() => assertEquals(heard.get("reader undefined")?.length, sent.length));
    for (const [who, events] of heard) {
      const own = who.endsWith("undefined") ? sent : sent.slice(0, -1);
      assertEquals(events.map(({ payload }) => payload), own, who);
      const numbers = events.map((event) => Number(String(Object(event).at).split(".")[1]));
      assertEquals(numbers, numbers.map((_, i) => (numbers[0] ?? 0) + i), who);
    }
    await eventually(() =>
      assertEquals(messages.map((message) => message.payloads?.length ?? 1), [PAYLOADS.length, 1, 1])
    );
    const page = await reader.target.history?.read({ type, id: undefined }, "start", {
      maxEvents: 99,
      maxBytes: 1e6,
    });
    const kept = type === "run" ? heard.get("reader undefined") : heard.get("reader undefined")?.slice(-2);
    const payloads = (events: readonly EventEnvelope[] = []): unknown[] =>
      events.map(({ payload }) => payload);
    assertEquals(payloads(page?.events), payloads(kept));
  }
  await disconnect(watcher);
});

Deno.test("events that came through a hub are one message too, and keep the hubs that they came through", async () => {
  await using server = await openServer();
  const options = { prefix: `${crypto.randomUUID()}/`, history: { run: {} } };
  await using writer = openRedis(server, "ioredis 5", options);
  await using reader = openRedis(server, "ioredis 5", options);
  const heard: unknown[] = [];
  reader.target.listen("run", "1", { onEvent: (event) => void heard.push([event.payload, viaOf(event)]) });
  await reader.target.flush();
  const sent = [["a"], ["a"], ["b", "a"], undefined, ["a"]].map((via, i) => {
    writer.target.publish(withVia({ type: "run", id: "1", payload: i }, via));
    return [i, via];
  });
  await eventually(() => assertEquals(heard, sent));
  const page = await reader.target.history?.read({ type: "run", id: "1" }, "start", {
    maxEvents: 99,
    maxBytes: 1e6,
  });
  assertEquals(page?.events.map((event) => [event.payload, viaOf(event)]), sent);
});

Deno.test("each event of a message that Redis refuses is reported, and those after it are published", async () => {
  await using server = await startRedis();
  const prefix = "app/";
  const user = "limited";
  const rule = `on nopass allcommands allkeys resetchannels &${prefix}run:1`.split(" ");
  await ask(server, "ACL", "SETUSER", user, ...rule);
  const Client = LIBRARIES["ioredis 5"];
  await using writer = openTarget({
    prefix,
    history: { run: {} },
    publishClient: new Client(server.path, { username: user, password: "-" }),
    subscribeClient: new Client(server.path),
  });
  for (const id of ["1", "2", "1"]) {
    for (const payload of [1, 2]) writer.target.publish({ type: "run", id, payload });
  }
  await writer.target.flush();
  assertEquals(writer.faults.map(({ context }) => [context.stage, context.topic]), [
    ["publish", "run:2"],
    ["publish", "run:2"],
  ]);
  const page = await writer.target.history?.read({ type: "run", id: undefined }, "start", {
    maxEvents: 99,
    maxBytes: 1e6,
  });
  assertEquals([page?.events.map(({ id }) => id), page?.whole], [["1", "1", "1", "1"], true]);
});
