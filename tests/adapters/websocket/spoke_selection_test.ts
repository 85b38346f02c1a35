import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  createPubSub,
  createWebSocketClientEventTarget,
  createWebSocketServerEventTarget,
  RefusedError,
} from "@alkdev/pubsub";
import { eventually } from "../../support/eventually.ts";
import { serveUsers } from "../../support/user_hub.ts";

/** A hub with two links of Ada and one of Eve, all connected. */
async function connectUsers() {
  const users = serveUsers({ authorize: () => true });
  const links = ["ada", "ada", "eve"].map((name) =>
    createWebSocketClientEventTarget(new WebSocket(users.url(name)), { onError() {} })
  );
  await Promise.all(links.map((link) => link.flush()));
  return {
    ...users,
    links,
    async [Symbol.asyncDispose]() {
      for (const link of links) await link.close();
      await users[Symbol.asyncDispose]();
    },
  };
}

Deno.test("spokes are iterable, with their contexts, in a new array each time", async () => {
  await using users = await connectUsers();
  const { hub } = users;
  const names: string[] = [];
  for (const { context } of hub.spokes) names.push(context.name);
  assertEquals(names.sort(), ["ada", "ada", "eve"]);
  const [first, second] = [hub.spokes, hub.spokes];
  assert(first !== second);
  assertEquals(hub.spokes.length, hub.connectionCount);
});

Deno.test("revoke ends the subscriptions of the spokes that a function selects", async () => {
  await using users = await connectUsers();
  const { hub, links } = users;
  const subscriptions = links.map((eventTarget) => createPubSub({ eventTarget }).subscribe("news"));
  await Promise.all(subscriptions.map(({ ready }) => ready));
  hub.revoke(({ context }) => context.name === "ada", "news:1");
  const ends = await Promise.all(
    subscriptions.slice(0, 2).map((each) => each.next().catch((error) => error)),
  );
  assert(ends.every((error) => error instanceof RefusedError));
  createPubSub({ eventTarget: hub }).publish("news", "1", "later");
  assertEquals((await subscriptions[2]?.next())?.value?.payload, "later");
});

Deno.test("close closes the spokes that a function selects, after what is queued for them", async () => {
  await using users = await connectUsers();
  const { hub, links } = users;
  const [ada, , eve] = links;
  assert(ada !== undefined && eve !== undefined);
  const bye = createPubSub({ eventTarget: ada }).subscribe("bye");
  await bye.ready;
  createPubSub({ eventTarget: hub }).publish("bye", "", null);
  await hub.close(({ context }) => context.name === "ada", { code: 4401, reason: "logged out" });
  assertEquals((await bye.next()).value?.type, "bye");
  await ada.closed;
  assertEquals([ada.status.code, ada.status.reason], [4401, "logged out"]);
  assertEquals([hub.status.state, hub.connectionCount, eve.status.state], ["open", 1, "open"]);
});

Deno.test("close takes a spoke, and does nothing to one that has ended or to one of another hub", async () => {
  await using users = await connectUsers();
  const { hub, links } = users;
  const [first] = hub.spokes;
  assert(first !== undefined);
  await hub.close(first);
  await hub.close(first, { code: 4401 });
  hub.revoke(first);
  const [second] = hub.spokes;
  assert(second !== undefined);
  await using other = createWebSocketServerEventTarget<{ name: string }>();
  await other.close(second);
  other.revoke(second);
  await eventually(() => links.filter(({ status }) => status.state === "closed").length === 1);
  assertEquals(hub.connectionCount, 2);
});

Deno.test("close refuses what is no selection, no close code or no reason, and closes nothing", async () => {
  await using users = await connectUsers();
  const { hub } = users;
  // The types forbid these, but untyped callers can pass them.
  const untyped = hub as { close(...args: unknown[]): Promise<void>; revoke(...args: unknown[]): void };
  for (const selection of [undefined, null, "ada", {}]) {
    assertThrows(() => void untyped.close(selection), TypeError, "neither a spoke nor a function");
    assertThrows(() => untyped.revoke(selection), TypeError, "neither a spoke nor a function");
  }
  for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 1000.5, NaN, "1000"]) {
    assertThrows(() => void untyped.close(() => true, { code }), RangeError, "with the code");
  }
  assertThrows(() => void hub.close(() => true, { reason: "é".repeat(62) }), RangeError, "123 bytes");
  const mine = new Error("mine");
  assertThrows(
    () =>
      void hub.close(() => {
        throw mine;
      }),
    Error,
    "mine",
  );
  assertEquals(hub.connectionCount, 3);
});

Deno.test("without arguments close ends the hub, with one promise for all calls", async () => {
  await using users = await connectUsers();
  const { hub } = users;
  const closed = hub.close();
  assert(closed === hub.close());
  await closed;
  assertEquals([hub.status.state, hub.connectionCount], ["closed", 0]);
});
