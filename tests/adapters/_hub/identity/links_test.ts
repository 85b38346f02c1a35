import { assertEquals } from "@std/assert";
import type { FakeSocket } from "../../../support/fake_socket.ts";
import { microtasks, withClock } from "../../../support/clock.ts";
import { open } from "../../../support/wire_hub.ts";

/** A hello of a link. */
function hello(socket: FakeSocket, link: string, connection: number, more: object = {}): void {
  socket.receive("__hello", "", { version: 1, batch: true, link, connection, ...more });
}

/** The events that a hub heard. */
function heardBy(hub: ReturnType<typeof open>["hub"]): string[] {
  const heard: string[] = [];
  hub.listen("n", undefined, { onEvent: ({ id }) => void heard.push(id) });
  return heard;
}

const SUPERSEDED = { code: 4409, reason: "a newer connection of the link" };

Deno.test("a newer connection of a link ends the older one, before anything of it is handled", async () => {
  const order: string[] = [];
  const { hub, add, end } = open({ onDisconnection: () => void order.push("disconnection") });
  hub.listen("n", undefined, { onEvent: ({ id }) => void order.push(id) });
  const { socket: older } = add();
  hello(older, "secret", 1);
  older.receive("n", "old");
  const { socket: newer } = add();
  // In one frame with the hello.
  newer.fire("message", {
    data: JSON.stringify([
      { type: "__hello", id: "", payload: { version: 1, link: "secret", connection: 2 } },
      { type: "n", id: "new" },
    ]),
  });
  // What is left in the older socket comes too late.
  older.receive("n", "late");
  assertEquals([order, older.closes, newer.closes], [["old", "disconnection", "new"], [SUPERSEDED], []]);
  assertEquals(hub.connectionCount, 1);
  older.fire("close", { code: 4409 });
  await end(newer);
});

Deno.test("a connection whose number is not higher is closed, and nothing of it is handled", async () => {
  const { hub, add, end, log } = open();
  const heard = heardBy(hub);
  const { socket: newer } = add();
  hello(newer, "secret", 2);
  for (const connection of [1, 2]) {
    const { socket: stale } = add();
    hello(stale, "secret", connection);
    stale.receive("n", "stale");
    assertEquals([stale.closes, stale.envelopes], [[SUPERSEDED], []]);
    stale.fire("close", { code: 4409 });
  }
  newer.receive("n", "new");
  assertEquals([heard, newer.closes, log.filter((each) => each === "disconnection").length], [
    ["new"],
    [],
    2,
  ]);
  // Also after the newer one has ended.
  newer.fire("close", { code: 1006 });
  const { socket: late } = add();
  hello(late, "secret", 2);
  assertEquals(late.closes, [SUPERSEDED]);
  const { socket: next } = add();
  hello(next, "secret", 3);
  assertEquals(next.closes, []);
  late.fire("close", { code: 4409 });
  await end(next);
});

Deno.test("an identity counts in the first hello alone, and an incomplete one is ignored", async () => {
  const { hub, add, end, reports } = open();
  const sockets = [
    { link: "secret" },
    { link: "secret", connection: "1" },
    { link: "", connection: 1 },
    { link: 5, connection: 1 },
    { connection: 1 },
    {},
  ].map((identity) => {
    const { socket } = add();
    socket.receive("__hello", "", { version: 1, ...identity });
    hello(socket, "secret", 7);
    return socket;
  });
  assertEquals([hub.connectionCount, reports], [sockets.length, []]);
  assertEquals(sockets.map(({ closes }) => closes.length), Array(sockets.length).fill(0));
  await end(...sockets);
});

Deno.test("one owner's use of another owner's secret has no effect that either of them sees", async () => {
  const { hub, add, end, reports } = open({ owner: ({ context }) => context });
  const heard = heardBy(hub);
  const { socket: owner } = add(undefined, undefined, undefined, "ada");
  hello(owner, "secret", 5);
  const thief = add(undefined, undefined, undefined, "eve").socket;
  hello(thief, "secret", 9);
  const again = add(undefined, undefined, undefined, "eve").socket;
  hello(again, "secret", 10);
  owner.receive("n", "of the owner");
  assertEquals([owner.closes, thief.closes, again.closes], [[], [SUPERSEDED], []]);
  const next = add(undefined, undefined, undefined, "ada").socket;
  hello(next, "secret", 6);
  assertEquals([owner.closes, next.closes, again.closes, heard, reports], [
    [SUPERSEDED],
    [],
    [],
    ["of the owner"],
    [],
  ]);
  for (const socket of [owner, thief]) socket.fire("close", { code: 4409 });
  await end(next, again);
});

Deno.test("an owner that throws is reported, and then no link is recognized", async () => {
  const { add, end, stages } = open({
    owner: () => {
      throw new Error("mine");
    },
  });
  const sockets = [1, 2].map((connection) => {
    const { socket } = add();
    hello(socket, "secret", connection);
    return socket;
  });
  assertEquals([stages(), sockets.map(({ closes }) => closes)], [["connect", "connect"], [[], []]]);
  await end(...sockets);
});

/** A hub whose `authorize` decides later about ids that begin with "slow", and about subscriptions if asked to. */
function openSlow(options: Parameters<typeof open>[0] & { slowSubscribe?: boolean } = {}) {
  const { slowSubscribe, ...more } = options;
  const decide: ((allowed: boolean) => void)[] = [];
  const opened = open({
    authorize: ({ id, action }) =>
      id?.startsWith("slow") || (slowSubscribe && action === "subscribe")
        ? new Promise((resolve) => decide.push(resolve))
        : true,
    ...more,
  });
  return { ...opened, decide, heard: heardBy(opened.hub) };
}

for (const ends of ["ends by the newer one", "has ended before"]) {
  Deno.test(`events of a newer connection wait behind those that the older one left waiting for authorize: it ${ends}`, async () => {
    const { add, end, decide, heard } = openSlow();
    const { socket: older } = add();
    hello(older, "secret", 1);
    for (const id of ["slow 1", "2", "slow 3"]) older.receive("n", id);
    if (ends === "has ended before") older.fire("close", { code: 1006 });
    const { socket: newer, spoke } = add();
    const own: string[] = [];
    spoke.listen("n", undefined, { onEvent: ({ id }) => void own.push(id) });
    hello(newer, "secret", 2);
    newer.receive("n", "4");
    newer.receive("__subscribe", "1", { topics: ["m"] });
    // A third one begins behind both.
    newer.fire("close", { code: 1006 });
    const { socket: third } = add();
    hello(third, "secret", 3);
    third.receive("n", "5");
    third.receive("__ping", "a");
    await microtasks();
    assertEquals([heard, third.envelopes.map(({ type }) => type)], [[], ["__hello"]]);
    decide[1]?.(true);
    await microtasks();
    assertEquals(heard, []);
    decide[0]?.(true);
    await microtasks();
    assertEquals(heard, ["slow 1", "2", "slow 3", "4", "5"]);
    assertEquals(third.envelopes.map(({ type }) => type), ["__hello", "__pong"]);
    third.receive("n", "6");
    assertEquals([heard.at(-1), own], ["6", []]);
    if (ends !== "has ended before") older.fire("close", { code: 4409 });
    await end(third);
  });
}

Deno.test("what an older connection left waiting counts for the bounds and for the rate of the newer one", async () => {
  for (
    const [bounds, reason] of [
      [{ maxPending: 5 }, "more than 5 events or 16777216 bytes wait to be handled"],
      [{ maxEventsPerSecond: 1, maxEventBurst: 8 }, "more than 1 events a second"],
    ] as const
  ) {
    const { add, end, hub } = openSlow(bounds);
    const { socket: older } = add();
    hello(older, "secret", 1);
    for (const id of ["slow 1", "2", "3", "4"]) older.receive("n", id);
    const { socket: newer } = add();
    hello(newer, "secret", 2);
    newer.receive("n", "5");
    assertEquals(newer.closes, []);
    for (const id of ["6", "7", "8", "9"]) newer.receive("n", id);
    assertEquals(newer.closes, [{ code: 4429, reason }]);
    assertEquals(hub.connectionCount, 0);
    for (const socket of [older, newer]) socket.fire("close", { code: 4409 });
    await end();
  }
});

Deno.test("another link, and one that has nothing waiting, begins at once", async () => {
  const { add, end, decide, heard } = openSlow();
  const { socket: older } = add();
  hello(older, "secret", 1);
  older.receive("n", "slow");
  const { socket: other } = add();
  hello(other, "other", 2);
  other.receive("n", "of another");
  assertEquals(heard, ["of another"]);
  older.fire("close", { code: 1006 });
  decide[0]?.(true);
  await microtasks();
  const { socket: newer } = add();
  hello(newer, "secret", 2);
  newer.receive("n", "new");
  assertEquals(heard, ["of another", "slow", "new"]);
  await end(other, newer);
});

Deno.test("events that waited for a subscribe request alone take effect when its connection ends", async () => {
  for (const successor of [false, true]) {
    const { add, end, heard, decide } = openSlow({ slowSubscribe: true });
    const { socket } = add();
    hello(socket, "secret", 1);
    socket.receive("__subscribe", "1", { topics: ["m"] });
    socket.receive("n", "1");
    assertEquals([heard, decide.length], [[], 1]);
    const sockets = successor ? [add().socket] : [];
    for (const newer of sockets) hello(newer, "secret", 2);
    socket.fire("close", { code: 1006 });
    assertEquals(heard, ["1"]);
    decide[0]?.(true);
    await microtasks();
    assertEquals(heard, ["1"]);
    await end(...sockets);
  }
});

Deno.test("what the older connection has sent and authorize has not decided still takes effect", async () => {
  const decide: ((allowed: boolean) => void)[] = [];
  const { hub, add, end } = open({
    authorize: ({ id }) => id === "slow" ? new Promise((resolve) => decide.push(resolve)) : true,
  });
  const heard = heardBy(hub);
  const { socket: older } = add();
  hello(older, "secret", 1);
  older.receive("n", "slow");
  const { socket: newer } = add();
  hello(newer, "secret", 2);
  decide[0]?.(true);
  await microtasks();
  newer.receive("n", "new");
  assertEquals(heard, ["slow", "new"]);
  older.fire("close", { code: 4409 });
  await end(newer);
});

Deno.test("nobody who inspects a hub, a spoke or a report sees the secret of a link", () =>
  withClock(async () => {
    const { hub, add, end, reports } = open();
    const { socket, spoke } = add();
    hello(socket, "t0p-secret", 1);
    socket.receive("__hello", "", { version: 0, link: "t0p-secret" });
    const seen = [
      Deno.inspect([hub, spoke], { depth: 9, showHidden: true }),
      JSON.stringify(reports.map(String)),
    ];
    for (const { error } of reports) seen.push(error);
    assertEquals([reports.length, seen.some((text) => text.includes("t0p-secret"))], [1, false]);
    await end(socket);
  }));
