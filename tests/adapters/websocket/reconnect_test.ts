import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { ConnectionLostError, createPubSub, createWebSocketClientEventTarget } from "@alkdev/pubsub";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
// @ts-types="../../support/ws.d.ts"
import { WebSocket as NodeWebSocket, WebSocketServer } from "ws";
import { eventually as eventuallyWithin } from "../../support/eventually.ts";
import { serveHub, serveNodeHub } from "../../support/hubs.ts";
import { openReconnectingLink } from "../../support/links.ts";
import { startProcess } from "../../support/processes.ts";
import { openProxy } from "../../support/tcp_proxy.ts";

/** With time for processes to start on a machine that has much to do. */
function eventually(check: () => boolean): Promise<boolean> {
  return eventuallyWithin(check, { timeoutMs: 20_000 });
}

/** The states without those of attempts that failed in between. */
function distinct(states: readonly string[]): string[] {
  return states.filter((state, i) => state !== states[i - 1]);
}

const BACK = ["open", "reconnecting", "open, gap"];

for (const library of ["platform", "ws"] as const) {
  Deno.test(`the spoke of a hub process that is killed and restarted reconnects (${library})`, async () => {
    const first = await startProcess("hub_process.ts");
    let url = first.line;
    await using open = openReconnectingLink(() => url, {}, library);
    const options = { capacity: 1, overflow: "drop-oldest" } as const;
    const ticks = createPubSub({ eventTarget: open.link }).subscribe("tick", options);
    await ticks.next();
    first.kill();
    await first[Symbol.asyncDispose]();
    await eventually(() => open.statuses.some(({ attempt }) => attempt === 3));
    await using second = await startProcess("hub_process.ts");
    url = second.line;
    await eventually(() => open.link.status.gap === true);
    // One may be left of the first hub, two are not.
    for (let i = 0; i < 2; i++) assertEquals((await ticks.next()).done, false);
    assertEquals(distinct(open.states()), BACK);
    assertEquals(open.statuses[1]?.code, 1006);
    assert(open.faults.every(({ context }) => context.stage === "connect"), "only attempts failed");
    second.kill();
  });

  Deno.test(`a link whose hub is not up yet connects when it is (${library})`, async () => {
    await using proxy = await openProxy(0);
    proxy.refuse();
    await using open = openReconnectingLink(`ws://127.0.0.1:${proxy.port}`, {}, library);
    const pubsub = createPubSub({ eventTarget: open.link });
    const news = pubsub.subscribe("news");
    pubsub.publish("spoke.joined", "1", "waited");
    await eventually(() => open.statuses.some(({ attempt }) => attempt === 3));
    await using served = serveHub();
    const joined = createPubSub({ eventTarget: served.hub }).subscribe("spoke.joined");
    proxy.accept(served.port);
    await news.ready;
    assertEquals((await joined.next()).value?.payload, "waited");
    assertEquals(distinct(open.states()), ["connecting", "open"]);
  });
}

Deno.test("a stopped hub process is detected by the heartbeat, and the link continues with another one", async () => {
  await using stopped = await startProcess("hub_process.ts");
  await using other = await startProcess("hub_process.ts");
  const urls = [stopped.line];
  await using open = openReconnectingLink(() => urls.shift() ?? other.line, { heartbeatMs: 200 });
  const ticks = createPubSub({ eventTarget: open.link }).subscribe("tick", {
    capacity: 1,
    overflow: "drop-oldest",
  });
  await ticks.next();
  stopped.kill("SIGSTOP");
  await eventually(() => open.link.status.gap === true);
  assertEquals([distinct(open.states()), open.statuses[1]?.code], [BACK, 4408]);
  await ticks.next();
  assertEquals((await ticks.next()).done, false);
  // The old connection revives: what arrives on it late is ignored.
  stopped.kill("SIGCONT");
  await open.link.flush();
  assertEquals(open.link.status.state, "open");
  stopped.kill();
  other.kill();
});

Deno.test("a sleeping spoke process is dropped by its hub, and reconnects when it wakes", async () => {
  await using served = serveHub({ heartbeatMs: 200 });
  await using sleeper = await startProcess("spoke_process.ts", served.url, "reconnects");
  assertEquals(served.hub.topicCount, 1);
  sleeper.kill("SIGSTOP");
  const error = await served.spokes[0]?.closed;
  assertInstanceOf(error, ConnectionLostError);
  assertEquals([error.code, served.hub.connectionCount, served.hub.topicCount], [4408, 0, 0]);
  sleeper.kill("SIGCONT");
  await eventually(() => served.hub.topicCount === 1);
  sleeper.kill();
  await eventually(() => served.hub.connectionCount === 0);
});

Deno.test("a cut cable is detected on both sides by the heartbeat, and the link reconnects", async () => {
  await using served = serveHub({ heartbeatMs: 200 });
  await using proxy = await openProxy(served.port);
  await using open = openReconnectingLink(`ws://127.0.0.1:${proxy.port}`, { heartbeatMs: 200 });
  await open.link.flush();
  const [spoke] = served.spokes;
  const started = performance.now();
  proxy.blackhole();
  await eventually(() => open.link.status.gap === true);
  const error = await spoke?.closed;
  assertInstanceOf(error, ConnectionLostError);
  assertEquals([error.code, open.statuses[1]?.code, served.hub.connectionCount], [4408, 4408, 1]);
  assert(performance.now() - started < 5000, "it took seconds");
  proxy.cut();
});

Deno.test("over ten cuts mid-burst every lost event lies between the loss and the gap, and none arrives twice", async () => {
  await using served = serveHub();
  await using proxy = await openProxy(served.port);
  let published = 0;
  // For each cut, the last event received before it, and how many were published when the gap was reported.
  const losses: number[] = [];
  const gaps: number[] = [];
  const heardHere: number[] = [];
  const heardAtHub: number[] = [];
  await using open = openReconnectingLink(`ws://127.0.0.1:${proxy.port}`, {
    onStatus: ({ state, gap }) => {
      if (state === "reconnecting" && losses.length === gaps.length) {
        losses.push(heardHere.at(-1) ?? -1);
      }
      if (gap) gaps.push(published);
    },
  });
  open.link.listen("n", undefined, { onEvent: ({ payload }) => void heardHere.push(payload as number) });
  served.hub.listen("up", undefined, { onEvent: ({ payload }) => void heardAtHub.push(payload as number) });
  await open.link.flush();
  let going = true;
  const publishing = (async () => {
    while (going) {
      served.hub.publish({ type: "n", id: "1", payload: published });
      open.link.publish({ type: "up", id: "1", payload: published });
      published++;
      if (published % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
  })();
  for (let cuts = 1; cuts <= 10; cuts++) {
    const before = heardHere.length;
    await eventually(() => heardHere.length > before + 100);
    proxy.cut();
    await eventually(() => gaps.length === cuts);
  }
  const before = heardHere.length;
  await eventually(() => heardHere.length > before + 100);
  going = false;
  await publishing;
  await served.hub.flush();
  await open.link.flush();

  for (const heard of [heardHere, heardAtHub]) {
    assert(
      heard.every((n, i) => i === 0 || n > (heard[i - 1] ?? Infinity)),
      "an event came twice, or out of order",
    );
    assertEquals(heard.at(-1), published - 1);
  }
  const arrived = new Set(heardHere);
  const lost = Array.from({ length: published }, (_, n) => n).filter((n) => !arrived.has(n));
  const inWindow = (n: number) => losses.some((last, i) => n > last && n < (gaps[i] ?? Infinity));
  assertEquals(lost.filter((n) => !inWindow(n)), []);
  assert(lost.length > 0, "nothing was lost: the connection was not cut mid-burst");
  assertEquals(distinct(open.states()), ["open", ...Array(10).fill(["reconnecting", "open, gap"]).flat()]);
});

Deno.test("when a hub closes normally, no waiting event of its spoke is lost", async () => {
  const first = serveHub();
  await using proxy = await openProxy(first.port);
  await using open = openReconnectingLink(`ws://127.0.0.1:${proxy.port}`);
  await open.link.flush();
  await first[Symbol.asyncDispose]();
  await eventually(() => open.link.status.state === "reconnecting");
  assertEquals([open.statuses[1]?.code, open.statuses[1]?.reason], [1001, "the hub is closed"]);
  for (let i = 0; i < 1000; i++) open.link.publish({ type: "n", id: "1", payload: i });
  const flushed = open.link.flush();
  await using second = serveHub();
  proxy.accept(second.port);
  const heard: unknown[] = [];
  second.hub.listen("n", undefined, { onEvent: ({ payload }) => void heard.push(payload) });
  await flushed;
  assertEquals(heard, Array.from({ length: 1000 }, (_, i) => i));
  assertEquals(open.faults.filter(({ context }) => context.stage !== "connect"), []);
});

Deno.test("the close codes that a server can send are retried, or end the link, on either WebSocket", async () => {
  const http = createServer();
  const server = new WebSocketServer({ server: http });
  let code = 1000;
  server.on("connection", (socket) => socket.close(code, "because"));
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  // A server that listens on TCP has an address of this shape.
  const { port } = http.address() as AddressInfo;
  // Deno's own WebSocket treats 1014 as an invalid code, and reports 1006.
  const outcome: Record<string, number[]> = {};
  for (
    code of [
      1000,
      1001,
      1002,
      1003,
      1007,
      1008,
      1009,
      1010,
      1011,
      1012,
      1013,
      3000,
      4000,
      4399,
      4400,
      4401,
      4403,
      4408,
      4429,
      4499,
      4500,
    ]
  ) {
    for (const library of ["platform", "ws"] as const) {
      await using open = openReconnectingLink(`ws://127.0.0.1:${port}`, {}, library);
      await eventually(() => open.statuses.some((status) => status.code === code));
      const { state, reason } = open.statuses.find((status) => status.code === code) ?? {};
      assertEquals(reason, "because");
      (outcome[`${library} ${state}`] ??= []).push(code);
    }
  }
  const fatal = [1002, 1003, 1007, 1008, 1010, 4400, 4401, 4403, 4499];
  const retried = [1000, 1001, 1009, 1011, 1012, 1013, 3000, 4000, 4399, 4408, 4429, 4500];
  assertEquals(outcome, {
    "platform reconnecting": retried,
    "ws reconnecting": retried,
    "platform closed": fatal,
    "ws closed": fatal,
  });
  await new Promise((resolve) => server.close(resolve));
  await new Promise((resolve) => http.close(resolve));
});

Deno.test("a spoke beyond maxConnections (1013) tries again until there is room", async () => {
  await using served = await serveNodeHub({ maxConnections: 1 });
  await using first = openReconnectingLink(served.url);
  await first.link.flush();
  await using second = openReconnectingLink(served.url);
  await eventually(() => second.statuses.some(({ code }) => code === 1013));
  await first.link.close();
  await eventually(() => second.link.status.state === "open" && served.hub.connectionCount === 1);
  await second.link.flush();
});

Deno.test("a function gets a fresh token for each attempt, and a hub can refuse it for good", async () => {
  const tokens: (string | null)[] = [];
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
    tokens.push(new URL(request.url).searchParams.get("token"));
    // 4000 is retried; 4401 says that no token of this spoke will do.
    socket.addEventListener("open", () => socket.close(tokens.length < 3 ? 4000 : 4401, "try again"));
    return response;
  });
  let issued = 0;
  const link = createWebSocketClientEventTarget(async () => {
    await Promise.resolve();
    return new WebSocket(`ws://127.0.0.1:${server.addr.port}?token=${++issued}`);
  }, { reconnectDelayMs: 10 });
  const subscription = createPubSub({ eventTarget: link }).subscribe("n");
  const error = await assertRejects(() => subscription.next(), ConnectionLostError);
  assertEquals([error.code, tokens], [4401, ["1", "2", "3"]]);
});

Deno.test("an attempt fails if its function returns a closed WebSocket or another value, and the next one can succeed", async () => {
  await using served = serveHub();
  const closed = new WebSocket(served.url);
  await new Promise((resolve) => closed.addEventListener("open", resolve));
  const gone = new Promise((resolve) => closed.addEventListener("close", resolve));
  closed.close();
  await gone;
  const open = new WebSocket(served.url);
  await new Promise((resolve) => open.addEventListener("open", resolve));
  // A program without types can return these.
  const results: unknown[] = [undefined, {}, "ws://", closed, open];
  const errors: string[] = [];
  const link = createWebSocketClientEventTarget(() => results.shift() as WebSocket, {
    reconnectDelayMs: 1,
    onError: (error) => void errors.push(String(error)),
  });
  await link.flush();
  assertEquals(errors, [
    "TypeError: Cannot use undefined as a WebSocket: it lacks `send`, `close` or `addEventListener`",
    "TypeError: Cannot use {} as a WebSocket: it lacks `send`, `close` or `addEventListener`",
    'TypeError: Cannot use "ws://" as a WebSocket: it lacks `send`, `close` or `addEventListener`',
  ]);
  await link.close();
});

Deno.test("a socket of npm:ws that is returned too late, and fails, does not end the process", async () => {
  await using proxy = await openProxy(0);
  proxy.refuse();
  let bring = (_socket: NodeWebSocket): void => {};
  const link = createWebSocketClientEventTarget(() =>
    new Promise<NodeWebSocket>((resolve) => bring = resolve)
  );
  await Promise.resolve();
  await link.close();
  const late = new NodeWebSocket(`ws://127.0.0.1:${proxy.port}`);
  bring(late);
  // An error without a listener would be thrown before this.
  await eventually(() => late.readyState === 3);
});

Deno.test("a value that is neither a socket nor a function throws a TypeError", async () => {
  for (const value of [undefined, null, {}, "ws://127.0.0.1"]) {
    await assertRejects(
      // A program without types can pass this.
      async () => await createWebSocketClientEventTarget(value as unknown as WebSocket).close(),
      TypeError,
      "as a WebSocket",
    );
  }
});

Deno.test("a link that is closed between two attempts lets its process end", async () => {
  await using proxy = await openProxy(0);
  proxy.refuse();
  const program = `
    import { createWebSocketClientEventTarget } from ${
    JSON.stringify(import.meta.resolve("../../../mod.ts"))
  };
    const url = "ws://127.0.0.1:${proxy.port}";
    const link = createWebSocketClientEventTarget(() => new WebSocket(url), {
      reconnectDelayMs: 60_000, maxReconnectDelayMs: 600_000, onError() {},
      onStatus: ({ delayMs }) => delayMs !== undefined && link.close().then(() => console.log("closed")),
    });
  `;
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", program],
    stderr: "inherit",
  }).output();
  assertEquals([code, new TextDecoder().decode(stdout)], [0, "closed\n"]);
});
