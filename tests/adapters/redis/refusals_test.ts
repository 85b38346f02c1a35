import { createPubSub, type ErrorHandler, type EventTargetStatus } from "@alkdev/pubsub";
import { createRedisEventTarget, hashTag } from "@alkdev/pubsub/event-target-redis";
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { unhandledRejections } from "../../support/unhandled_rejections.ts";
import { eventually } from "../../support/eventually.ts";
import { ask, disconnect, LIBRARIES, openRedis, openTarget, startRedis } from "../../support/redis.ts";
import { startRedisProxy } from "../../support/redis_proxy.ts";

type Events = { news: unknown };
const libraries = Object.keys(LIBRARIES) as (keyof typeof LIBRARIES)[];

for (const library of libraries) {
  Deno.test(`Redis by ${library}: a channel that an ACL refuses ends only its subscription`, async () => {
    await using server = await startRedis();
    await using open = openRedis(server, library);
    await eventually(() => open.target.status.state === "open");
    await ask(server, "ACL", "SETUSER", "default", "resetchannels", "&news:allowed");
    const pubsub = createPubSub<Events>({ eventTarget: open.target });
    const refused = pubsub.subscribe("news", "refused");
    const allowed = pubsub.subscribe("news", "allowed");
    const error = await assertRejects(() => refused.ready, Error);
    assertEquals(error.name, "RefusedError");
    await allowed.ready;
    pubsub.publish("news", "refused", 1);
    pubsub.publish("news", "allowed", 2);
    assertEquals((await allowed.next()).value?.payload, 2);
    await eventually(() =>
      assertEquals(open.faults.map(({ context }) => [context.stage, context.topic]), [
        ["subscribe", "news:refused"],
        ["publish", "news:refused"],
      ])
    );
  });

  Deno.test(`Redis by ${library}: a channel that is refused after a loss ends only its subscription, for good`, async () => {
    await using server = await startRedis();
    const statuses: EventTargetStatus[] = [];
    const rejections = await unhandledRejections(async () => {
      await using open = openRedis(server, library, { onStatus: (status) => void statuses.push(status) });
      const pubsub = createPubSub<Events>({ eventTarget: open.target });
      const refused = pubsub.subscribe("news", "refused");
      const allowed = pubsub.subscribe("news", "allowed");
      await Promise.all([refused.ready, allowed.ready]);
      const lose = async (): Promise<void> => {
        const gaps = statuses.filter(({ gap }) => gap).length;
        await ask(server, "CLIENT", "KILL", "TYPE", "pubsub");
        await eventually(() => statuses.filter(({ gap }) => gap).length > gaps);
      };
      await ask(server, "ACL", "SETUSER", "default", "resetchannels", "&news:allowed");
      await lose();
      const error = await assertRejects(() => refused.next(), Error);
      assertEquals(error.name, "RefusedError");
      await ask(server, "ACL", "SETUSER", "default", "allchannels");
      await lose();
      assertEquals(await ask(server, "PUBSUB", "CHANNELS"), ["news:allowed"]);
      pubsub.publish("news", "allowed", "after");
      assertEquals((await allowed.next()).value?.payload, "after");
      assertEquals(open.faults.map(({ context }) => [context.stage, context.topic]), [[
        "subscribe",
        "news:refused",
      ]]);
    });
    assertEquals(rejections, []);
  });
}

for (const library of libraries) {
  Deno.test(`Redis by ${library}: each event target reports once that a channel is refused which it does not require, whichever asked first`, async () => {
    await using server = await startRedis();
    await using first = openRedis(server, library);
    const { publishClient, subscribeClient } = first;
    await eventually(() => first.target.status.state === "open");
    await ask(server, "ACL", "SETUSER", "default", "resetchannels", "&news:*");
    const faults: Error[][] = [[], []];
    const onError = (i: number): ErrorHandler => (error, { stage, topic }) => {
      assertEquals([stage, topic], ["subscribe", "news"]);
      faults[i]?.push(error);
    };
    const targets = [0, 1].map((i) =>
      createRedisEventTarget({ publishClient, subscribeClient, onError: onError(i) })
    );
    for (const [i, target] of targets.entries()) {
      const subscription = createPubSub<Events>({ eventTarget: target }).subscribe("news");
      await subscription.ready;
      target.publish({ type: "news", id: "1", payload: i });
      assertEquals((await subscription.next()).value?.payload, i);
      await subscription.return();
    }
    const kept = targets.map((target) => createPubSub<Events>({ eventTarget: target }).subscribe("news"));
    for (const { ready } of kept) await ready;
    // On the next connection it is refused again, and that is no news.
    await ask(server, "CLIENT", "KILL", "TYPE", "pubsub");
    await eventually(async () => assertEquals(await ask(server, "PUBSUB", "NUMPAT"), 1));
    await Promise.all(targets.map((target) => target.flush()));
    for (const errors of faults) {
      // One for each time that the target began to listen to the type.
      assertEquals(errors.map(({ name }) => name), ["Error", "Error"]);
      assertMatch(String(errors[0]), /Redis refused the channel "news": NOPERM.*The subscription continues/);
    }
    // On another connection, the channel may be allowed.
    await ask(server, "ACL", "SETUSER", "default", "allchannels");
    await ask(server, "CLIENT", "KILL", "TYPE", "pubsub");
    await eventually(async () => assertEquals(await ask(server, "PUBSUB", "CHANNELS"), ["news"]));
    await Promise.all(targets.map((target) => target.close()));
  });
}

for (const library of libraries) {
  for (const rule of ["&other:*", "&news:1"]) {
    for (const history of [{}, { news: {} }]) {
      const kind = "news" in history ? "kept" : "plain";
      Deno.test(`Redis by ${library}: a bare type whose ids an ACL refuses too (${rule}, ${kind}) is refused once, and is not said to continue`, async () => {
        await using server = await startRedis();
        await ask(server, "ACL", "SETUSER", "default", "resetchannels", rule);
        await using open = openRedis(server, library, { history });
        const all = createPubSub<Events>({ eventTarget: open.target }).subscribe("news");
        await assertRejects(() => all.ready, Error, 'Redis refused "news"');
        await open.target.flush();
        assertEquals(open.faults.map(({ error }) => error instanceof Error && error.name), ["RefusedError"]);
      });
    }
  }
}

/** The rules that docs/architecture/event-targets/redis.md shows, for the user `pubsub`, the prefix `app:` and the type `news`. */
async function documentedRules(): Promise<string[]> {
  const page = await Deno.readTextFile(
    new URL("../../../docs/architecture/event-targets/redis.md", import.meta.url),
  );
  const rules = /^ACL (SETUSER pubsub .*(?:\n\s+.*)*?)\n```$/m.exec(page)?.[1];
  assert(rules, "The page has no ACL rules");
  return rules.split(/[\s\\]+/);
}

for (const library of libraries) {
  Deno.test(`Redis by ${library}: the permissions that the documentation names suffice, sharded or not`, async () => {
    await using server = await startRedis();
    await ask(server, "ACL", ...await documentedRules());
    const Client = LIBRARIES[library];
    const connect = () => new Client(server.path, { username: "pubsub", password: "secret" });
    for (const sharded of [false, true]) {
      await using open = openTarget({
        publishClient: connect(),
        subscribeClient: connect(),
        prefix: "app:",
        sharded,
      });
      const pubsub = createPubSub<Events>({ eventTarget: open.target });
      const one = pubsub.subscribe("news", "1");
      const subscriptions = sharded ? [one] : [one, pubsub.subscribe("news"), pubsub.subscribeAll()];
      await Promise.all(subscriptions.map(({ ready }) => ready));
      pubsub.publish("news", "1", "allowed");
      await pubsub.flush();
      for (const subscription of subscriptions) {
        assertEquals((await subscription.next()).value?.payload, "allowed");
        await subscription.return();
      }
      await pubsub.flush();
      assertEquals(open.faults, []);
    }
  });
}

Deno.test("Redis: a subscription that only the client gives up on is sent again", async () => {
  await using server = await startRedis();
  using proxy = startRedisProxy(server.path);
  const Client = LIBRARIES["ioredis 5"];
  await using open = openTarget({
    publishClient: new Client(server.path),
    subscribeClient: new Client(proxy.path, { commandTimeout: 200 }),
  });
  await eventually(() => open.target.status.state === "open");
  proxy.stall("answers");
  const subscription = createPubSub<Events>({ eventTarget: open.target }).subscribe("news", "1");
  await eventually(() => open.faults.length > 0);
  proxy.release();
  await subscription.ready;
  assertMatch(String(open.faults[0]?.error), /Command timed out/);
});

Deno.test("Redis: invalid bounds are refused", () => {
  const newClient = () => new LIBRARIES["ioredis 5"]("/nowhere", { lazyConnect: true });
  const clients = { publishClient: newClient(), subscribeClient: newClient() };
  for (const bound of ["maxBufferedBytes", "publishTimeoutMs", "commandTimeoutMs", "flushTimeoutMs"]) {
    for (const value of [0, -1, NaN]) {
      assertThrows(() => createRedisEventTarget({ ...clients, [bound]: value }), RangeError, bound);
    }
  }
});

Deno.test("Redis: an invalid serializer and an invalid prefix are refused", () => {
  const newClient = () => new LIBRARIES["ioredis 5"]("/nowhere", { lazyConnect: true });
  const clients = { publishClient: newClient(), subscribeClient: newClient() };
  // The types rule most of these out, but a JavaScript program can pass them.
  const create = (args: object) => createRedisEventTarget({ ...clients, ...args });
  for (const serializer of [null, {}, { stringify() {} }, { parse() {} }]) {
    assertThrows(() => create({ serializer }), TypeError, "stringify and parse");
  }
  for (const prefix of ["\ud800", null, 5]) {
    assertThrows(() => create({ prefix }), TypeError, "the prefix is not a well-formed string");
  }
});

Deno.test("Redis: clients and topics that cannot work are refused with advice", async () => {
  await using server = await startRedis();
  const { path } = server;
  const clients = [
    new LIBRARIES["ioredis 5"](path),
    new LIBRARIES.iovalkey(path),
    new LIBRARIES["ioredis 6"](path, { protocol: 2 }),
  ];
  for (const client of clients) {
    assertThrows(
      () => createRedisEventTarget({ publishClient: client, subscribeClient: client }),
      TypeError,
      "pass two clients",
    );
  }
  await disconnect(...clients);
  for (const client of clients) {
    assertThrows(
      () => createRedisEventTarget({ publishClient: client, subscribeClient: client }),
      TypeError,
      "has ended",
    );
  }
  await using open = openRedis(server, "ioredis 5", { sharded: true });
  const pubsub = createPubSub<Events>({ eventTarget: open.target });
  assertThrows(() => pubsub.subscribe("news"), TypeError, "sharded");
  const subscription = pubsub.subscribe("news", hashTag("1"));
  await subscription.ready;
  pubsub.publish("news", hashTag("1"), "sharded");
  assertEquals((await subscription.next()).value?.payload, "sharded");
  assertThrows(() => hashTag("{"), TypeError);
});

Deno.test("Redis: with one client in both roles on a server without RESP3, the error advises a second client", async () => {
  await using server = await startRedis({ args: ["--rename-command", "HELLO", ""] });
  await using open = openRedis(server, "ioredis 6", { oneClient: true });
  const subscription = createPubSub<Events>({ eventTarget: open.target }).subscribe("news", "1");
  await subscription.ready;
  open.target.publish({ type: "news", id: "1", payload: 1 });
  await eventually(() => open.faults.length > 0);
  const [fault] = open.faults;
  assertEquals([fault?.context.stage, fault?.context.topic], ["publish", "news:1"]);
  assertMatch(String(fault?.error), /pass a separate publishClient/);
});

Deno.test("Redis: what is no client of ioredis is refused by name, without its password", () => {
  const client = () => new LIBRARIES["ioredis 5"]("/nowhere", { lazyConnect: true });
  const methods = ["publish", "subscribe", "psubscribe", "pipeline", "on", "off"];
  const mock = Object.fromEntries(methods.map((name) => [name, () => {}]));
  const advice = "pass a Redis or a Cluster of ioredis or iovalkey";
  for (
    const [value, reason] of [
      [undefined, "is undefined"],
      [null, "is null"],
      ["redis://user:secret@host:6379", 'is "redis://host:6379"'],
      ["rediss://:secret@host/1?password=secret", 'is "rediss://host/1"'],
      ["user:sec@ret@host:6379", 'is "host:6379"'],
      [new URL("redis://user:secret@host"), "is [URL]"],
      [{ host: "host", password: "secret" }, "is an object with the members host, password"],
      [Object.assign(Object.create(null), { password: "secret" }), "is an object with the members password"],
      [[{ password: "secret" }], "is an array"],
      [Promise.resolve(client()), "is [Promise]"],
      [{ publish() {}, pSubscribe() {} }, "is a client of node-redis, which has other methods"],
      [mock, "does not say whether it is connected, as a mock such as ioredis-mock"],
      [{ ...mock, status: "ready", on: undefined }, "is no client of ioredis"],
      [{ ...mock, status: "monitoring" }, "monitors Redis, and takes no commands"],
      [
        { ...mock, status: undefined },
        "does not say whether it is connected, as a mock such as ioredis-mock",
      ],
    ] as const
  ) {
    for (const name of ["publishClient", "subscribeClient"]) {
      // The types rule these out, but a JavaScript program can pass them.
      const args = { publishClient: client(), subscribeClient: client(), [name]: value };
      const create = () => Reflect.apply(createRedisEventTarget, undefined, [args]);
      const { message } = assertThrows(create, TypeError);
      assertEquals(message, `Cannot create a Redis event target: ${name} ${reason}: ${advice}`);
    }
  }
  for (const args of [undefined, null]) {
    const create = () => Reflect.apply(createRedisEventTarget, undefined, [args]);
    assertThrows(create, TypeError, "pass an object with a publishClient and a subscribeClient");
  }
});
