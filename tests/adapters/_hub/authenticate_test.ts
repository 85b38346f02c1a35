import { assertEquals } from "@std/assert";
import { microtasks, withClock } from "../../support/clock.ts";
import type { FakeSocket } from "../../support/fake_socket.ts";
import { controlsOf, eventsOf, open } from "../../support/wire_hub.ts";

const REFUSED = { code: 4401, reason: "not authenticated" };

function hello(socket: FakeSocket, credentials?: unknown, more: object = {}): void {
  socket.receive("__hello", "", { version: 1, batch: true, credentials, ...more });
}

/** A hub that decides later. */
function openDeciding(options: Parameters<typeof open>[0] = {}) {
  const asked: unknown[] = [];
  const decide: ((context: unknown) => void)[] = [];
  const fail: ((error: unknown) => void)[] = [];
  const opened = open({
    authenticate: (_spoke, credentials) => {
      asked.push(credentials);
      return new Promise((resolve, reject) => {
        decide.push(resolve);
        fail.push(reject);
      });
    },
    ...options,
  });
  const heard: string[] = [];
  opened.hub.listen("n", undefined, { onEvent: ({ id }) => void heard.push(id) });
  return { ...opened, asked, decide, fail, heard };
}

Deno.test("nothing of a spoke is handled and nothing is sent to it until authenticate has given its context", async () => {
  const contexts: unknown[] = [];
  const { hub, add, end, log, heard, asked, decide } = openDeciding({
    authorize: ({ spoke }) => contexts.push(spoke.context) > 0,
  });
  const { socket, spoke } = add(undefined, undefined, undefined, "of addConnection");
  hello(socket, { token: "t" });
  socket.receive("__subscribe", "1", { topics: ["n"] });
  socket.receive("n", "1");
  socket.receive("__ping", "");
  hub.publish({ type: "n", id: "before", payload: null });
  await microtasks();
  assertEquals([socket.sent, socket.closes, heard, log, contexts], [[], [], [], [], []]);
  assertEquals([asked, spoke.context, spoke.status.state, [...spoke.topics]], [
    [{ token: "t" }],
    "of addConnection",
    "connecting",
    [],
  ]);
  decide[0]?.({ name: "ada" });
  await microtasks();
  assertEquals([spoke.context, spoke.status.state, heard, log], [{ name: "ada" }, "open", ["1"], [
    "connection",
  ]]);
  assertEquals(contexts, [{ name: "ada" }, { name: "ada" }]);
  assertEquals(controlsOf(socket).map(([type]) => type).sort(), ["__hello", "__pong", "__subscribed"]);
  // From here on the wire is an ordinary one.
  socket.receive("n", "2");
  hub.publish({ type: "n", id: "after", payload: null });
  await microtasks();
  assertEquals([heard, eventsOf(socket)], [["1", "2"], ["n:after"]]);
  await end(socket);
});

Deno.test("authenticate that answers at once leaves the order of one frame as it is", async () => {
  const { hub, add, end } = open({ authenticate: (_spoke, credentials) => credentials });
  const heard: unknown[] = [];
  hub.listen("n", undefined, { onEvent: ({ id }) => void heard.push(id) });
  const { socket, spoke } = add();
  socket.fire("message", {
    data: JSON.stringify([
      { type: "__hello", id: "", payload: { version: 1, credentials: "ada" } },
      { type: "n", id: "1" },
    ]),
  });
  assertEquals([heard, spoke.context, spoke.status.state], [["1"], "ada", "open"]);
  await end(socket);
});

Deno.test("only the first hello has credentials, whatever comes before it", async () => {
  const { add, end, asked, decide, heard, reports } = openDeciding();
  const { socket } = add();
  socket.receive("n", "early");
  socket.fire("message", { data: "nonsense" });
  hello(socket, "first");
  hello(socket, "second");
  decide[0]?.("ada");
  await microtasks();
  hello(socket, "third");
  assertEquals([asked, heard, reports.map(({ stage }) => stage)], [["first"], ["early"], ["decode"]]);
  await end(socket);
});

Deno.test("undefined, null, false, a throw and a rejection close the spoke with 4401, and are reported without credentials", async () => {
  const { hub, add, end, decide, fail, reports, heard, log } = openDeciding();
  for (
    const refuse of [
      () => decide.at(-1)?.(undefined),
      () => decide.at(-1)?.(null),
      () => decide.at(-1)?.(false),
      () => fail.at(-1)?.(new Error("expired")),
    ]
  ) {
    const { socket } = add();
    hello(socket, "t0p-secret");
    socket.receive("n", "1");
    refuse();
    await microtasks();
    assertEquals([socket.closes, socket.sent], [[REFUSED], []]);
    socket.fire("close", { code: 4401 });
  }
  const throwing = open({
    authenticate: () => {
      throw new Error("mine");
    },
  });
  const { socket } = throwing.add();
  hello(socket, "t0p-secret");
  assertEquals([socket.closes, socket.sent], [[REFUSED], []]);
  socket.fire("close", { code: 4401 });
  const all = [...reports, ...throwing.reports];
  assertEquals(
    all.map(({ stage, error }) => [stage, error]),
    Array(5).fill([
      "connect",
      "Error: Cannot authenticate a spoke",
    ]),
  );
  assertEquals([heard, log, hub.connectionCount, hub.closingCount], [[], [], 0, 0]);
  await end();
  await throwing.end();
});

Deno.test("what waits before the answer is bounded by maxPending frames and maxBufferedBytes", async () => {
  const { add, end, decide, reports, heard } = openDeciding({ maxPending: 3, maxBufferedBytes: 100_000 });
  const many = add().socket;
  hello(many, "t");
  for (const id of ["1", "2", "3", "4"]) many.receive("n", id);
  const large = add().socket;
  large.receive("n", "x".repeat(90_000));
  assertEquals([many.closes[0]?.code, large.closes[0]?.code], [4429, 4429]);
  assertEquals(reports.map(({ stage }) => stage), ["backpressure", "backpressure"]);
  decide[0]?.("late");
  await microtasks();
  assertEquals([heard, many.sent], [[], []]);
  for (const socket of [many, large]) socket.fire("close", { code: 4429 });
  await end();
});

Deno.test("openTimeoutMs bounds the time until the answer, and a peer that never says hello", () =>
  withClock(async (clock) => {
    const { hub, add, end, decide, reports } = openDeciding({ openTimeoutMs: 1000 });
    const [asked, silent, accepted] = [add().socket, add().socket, add().socket];
    hello(asked, "t");
    silent.receive("n", "1");
    hello(accepted, "t");
    decide[1]?.("ada");
    await clock.pass(1000);
    assertEquals([asked.closes, silent.closes, accepted.closes], [
      [{ code: 4408, reason: "not authenticated after 1000 ms" }],
      [{ code: 4408, reason: "not authenticated after 1000 ms" }],
      [],
    ]);
    assertEquals([reports.map(({ stage }) => stage), hub.connectionCount, hub.closingCount], [
      ["connect", "connect"],
      1,
      2,
    ]);
    decide[0]?.("late");
    await clock.pass(1);
    assertEquals(asked.sent, []);
    for (const socket of [asked, silent]) socket.fire("close", { code: 4408 });
    assertEquals(hub.closingCount, 0);
    await end(accepted);
  }));

Deno.test("events of a peer that left before the answer take effect if it is accepted", async () => {
  const { hub, add, end, decide, heard, log } = openDeciding();
  const sockets = [add().socket, add().socket];
  for (const [index, socket] of sockets.entries()) {
    hello(socket, "t");
    socket.receive("n", String(index));
    socket.fire("close", { code: 1000 });
  }
  decide[0]?.("ada");
  decide[1]?.(undefined);
  await microtasks();
  assertEquals([heard, log], [["0"], ["connection", "disconnection"]]);
  assertEquals([hub.connectionCount, hub.closingCount], [0, 0]);
  await end();
});

Deno.test("a peer that leaves before its hello takes no place, although openTimeoutMs is not over", async () => {
  const { hub, add, end, asked, log } = openDeciding({ maxConnections: 2 });
  const sockets = [add().socket, add().socket];
  sockets[0]?.receive("n", "1");
  assertEquals([hub.connectionCount, hub.accepts()], [2, false]);
  for (const socket of sockets) socket.fire("close", { code: 1000 });
  assertEquals([hub.connectionCount, hub.closingCount, hub.accepts()], [0, 0, true]);
  assertEquals([asked, log], [[], []]);
  await end();
});

Deno.test("a hello that is larger than maxFrameBytes ends its spoke at once, and the report says so", async () => {
  const { add, end, asked, reports } = openDeciding({ maxFrameBytes: 65_536 });
  const { socket } = add();
  hello(socket, "x".repeat(65_536));
  assertEquals(socket.closes, [{ code: 1009, reason: "a frame of more than 65536 bytes" }]);
  assertEquals(reports.map(({ stage, error }) => [stage, error]), [
    ["decode", "RangeError: The spoke is dropped: a frame of more than 65536 bytes"],
  ]);
  assertEquals(asked, []);
  socket.fire("close", { code: 1009 });
  await end();
});

Deno.test("a spoke that was closed or removed before the answer stays so", async () => {
  const { hub, add, end, decide, heard, log } = openDeciding();
  const [closed, removed] = [add(), add()];
  for (const { socket } of [closed, removed]) {
    hello(socket, "t");
    socket.receive("n", "1");
  }
  const closing = closed.spoke.close({ code: 4403 });
  closed.socket.fire("close", { code: 4403 });
  await closing;
  hub.removeConnection(removed.socket);
  for (const accept of decide) accept("ada");
  await microtasks();
  assertEquals([closed.socket.closes, closed.socket.sent], [[{ code: 4403, reason: "" }], []]);
  assertEquals([removed.socket.closes, removed.socket.sent], [[], []]);
  assertEquals([heard, log], [[], []]);
  await end();
});

Deno.test("the owner of a link is asked for after its context is known, so that a stolen id has no effect", async () => {
  const { add, end, decide, heard } = openDeciding({ owner: ({ context }) => context });
  const [owner, thief] = [add().socket, add().socket];
  hello(owner, "t", { link: "secret", connection: 1 });
  decide[0]?.("ada");
  await microtasks();
  hello(thief, "t", { link: "secret", connection: 2 });
  owner.receive("n", "still here");
  decide[1]?.("eve");
  await microtasks();
  owner.receive("n", "and here");
  assertEquals([owner.closes, thief.closes, heard], [[], [], ["still here", "and here"]]);
  await end(owner, thief);
});

Deno.test("a promise of another library is awaited, and not taken for a context", async () => {
  const { add, end } = open({
    // Cast: the types ask for a promise of the platform.
    authenticate: () =>
      ({ then: (resolve: (context: unknown) => void) => resolve(undefined) }) as Promise<unknown>,
  });
  const { socket } = add();
  hello(socket, "t");
  await microtasks();
  assertEquals(socket.closes, [REFUSED]);
  socket.fire("close", { code: 4401 });
  await end();
});

Deno.test("a host of workers sends nothing to a worker that is opening and not authenticated", async () => {
  const exclusive = open({ authenticate: () => new Promise(() => {}) }, { exclusive: true });
  const { socket } = exclusive.add();
  exclusive.publish("n", "1");
  hello(socket, "t");
  await microtasks();
  assertEquals(socket.sent, []);
  await exclusive.end(socket);
});
