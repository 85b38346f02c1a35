import { assertArrayIncludes, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { startHub } from "../../scripts/tools/hub.ts";
import { eventually } from "../support/eventually.ts";
import { firstLine, type RunningProgram, startProgram } from "../support/program.ts";

const subscribed = (spoke: RunningProgram): Promise<void> =>
  eventually(() => assertMatch(spoke.err[0] ?? "", /^Subscribed to /), { timeoutMs: 20_000 });

Deno.test("a spoke publishes the lines of its stdin, and subscribed spokes print them", async () => {
  await using hub = startHub();
  await using one = startProgram("scripts/tools/spoke.ts", hub.url, "session.status:proj_1");
  await using all = startProgram("scripts/tools/spoke.ts", hub.url, "*");
  await Promise.all([subscribed(one), subscribed(all)]);
  await using writer = startProgram("scripts/tools/spoke.ts", hub.url);
  const events = [
    'session.status:proj_1 {"state":"running"}',
    'session.status:proj_2 {"state":"idle"}',
    '"note:two words" "hi"',
    "session.status:proj_1",
  ];
  await writer.write(`${events.join("\n")}\n`);
  await eventually(() => assertEquals(all.out, events));
  await eventually(() => assertEquals(one.out, [...events.slice(0, 1), ...events.slice(3)]));
});

Deno.test("a spoke prints an event once, however many of its topics cover it", async () => {
  await using hub = startHub();
  await using spoke = startProgram("scripts/tools/spoke.ts", hub.url, "a", "a:1", "a");
  await subscribed(spoke);
  hub.eventTarget.publish({ type: "a", id: "1", payload: 1 });
  hub.eventTarget.publish({ type: "a", id: "2", payload: 2 });
  await eventually(() => assertEquals(spoke.out, ["a:1 1", "a:2 2"]));
});

Deno.test("with --json, a spoke prints when it received an event", async () => {
  await using hub = startHub();
  await using spoke = startProgram("scripts/tools/spoke.ts", "--json", hub.url, "a:1");
  await subscribed(spoke);
  const sentAt = Date.now();
  hub.eventTarget.publish({ type: "a", id: "1", payload: { text: "\x9b" } });
  const line = await firstLine(spoke);
  assertMatch(line, /^\{"type":"a","id":"1","payload":\{"text":"\\u009b"\},"receivedAt":\d+(\.\d+)?\}$/);
  const delayMs = JSON.parse(line).receivedAt - sentAt;
  assertEquals(delayMs > -5 && delayMs < 5000, true, `received ${delayMs} ms after it was sent`);
});

Deno.test("a spoke reports a bad line and continues, and the end of stdin does not end it", async () => {
  await using hub = startHub();
  const heard: string[] = [];
  hub.eventTarget.listen("*", undefined, { onEvent: ({ type, id }) => heard.push(`${type}:${id}`) });
  await using spoke = startProgram("scripts/tools/spoke.ts", hub.url, "a");
  await subscribed(spoke);
  await spoke.write("nonsense\n\na:1 {torn\n__hello:1 {}\na:2 {}");
  await spoke.endInput();
  await eventually(() => assertEquals(heard, ["a:2"]));
  await eventually(() => assertEquals(spoke.out, ["a:2 {}"]));
  const reported = spoke.err.filter((line) => line.startsWith("Not published: "));
  assertEquals(reported, ["nonsense", "a:1 {torn", "__hello:1 {}"].map((line) => `Not published: ${line}`));
});

Deno.test("a spoke reads no faster than a slow hub handles lines, and publishes all of them in order", async () => {
  await using hub = startProgram("tests/support/programs/slow_hub.ts");
  const url = await firstLine(hub);
  await using spoke = startProgram("scripts/tools/spoke.ts", url);
  // More than the limit of the link and the sockets can hold.
  const padding = "x".repeat(2000);
  await spoke.write(
    Array.from({ length: 20_000 }, (_, i) => `n:${i + 1} "${padding}"\n`).join("") + "n:end\n",
  );
  await eventually(() => assertEquals(hub.out, [url, "end"]), { timeoutMs: 30_000 });
  assertEquals(spoke.err, []);
});

Deno.test("a spoke ends with 0 at a signal although the hub has acknowledged nothing", async () => {
  const frames: unknown[] = [];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.addEventListener("message", ({ data }) => frames.push(data));
    return response;
  });
  await using spoke = startProgram("scripts/tools/spoke.ts", `ws://127.0.0.1:${server.addr.port}`, "a");
  await eventually(() => assertStringIncludes(frames.join("\n"), "__subscribe"), { timeoutMs: 20_000 });
  spoke.kill("SIGTERM");
  assertEquals([await spoke.ended, spoke.err], [0, []]);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`a spoke ends with 0 at ${signal}, and the hub forgets it`, async () => {
    await using hub = startHub();
    await using spoke = startProgram("scripts/tools/spoke.ts", hub.url, "a");
    await subscribed(spoke);
    assertEquals([hub.eventTarget.connectionCount, hub.eventTarget.topicCount], [1, 1]);
    spoke.kill(signal);
    assertEquals(await spoke.ended, 0);
    await eventually(() =>
      assertEquals([hub.eventTarget.connectionCount, hub.eventTarget.topicCount], [0, 0])
    );
    assertEquals(spoke.err, ["Subscribed to a"]);
  });

  Deno.test(`a hub ends in order with 0 at ${signal}, and its spokes with 1`, async () => {
    await using hub = startProgram("scripts/tools/hub.ts");
    const url = await firstLine(hub);
    await using subscriber = startProgram("scripts/tools/spoke.ts", url, "a");
    // One after the other, or the first line could count two already.
    await subscribed(subscriber);
    await using publisher = startProgram("scripts/tools/spoke.ts", url);
    await eventually(() => assertEquals(hub.err.length, 2), { timeoutMs: 20_000 });
    hub.kill(signal);
    assertEquals(await Promise.all([hub.ended, subscriber.ended, publisher.ended]), [0, 1, 1]);
    assertArrayIncludes(subscriber.err, ["The connection ended with the code 1001: the hub is closed"]);
    assertEquals(hub.err.map((line) => line.replace(/\d+\.\S+,/, "…")), [
      "+ … 1 spoke",
      "+ … 2 spokes",
      "- … 1 spoke",
      "- … 0 spokes",
    ]);
  });
}

Deno.test("a spoke whose hub is killed ends with 1", async () => {
  await using hub = startProgram("scripts/tools/hub.ts");
  await using spoke = startProgram("scripts/tools/spoke.ts", await firstLine(hub), "a");
  await subscribed(spoke);
  hub.kill("SIGKILL");
  assertEquals(await spoke.ended, 1);
});

Deno.test("a spoke reports that it cannot reach a hub, and wrong arguments", async () => {
  const free = startHub();
  await free.close();
  const calls = [[free.url, "a"], [free.url, "__a"], ["no URL"], [], ["--nonsense", free.url]];
  const results = await Promise.all(calls.map(async (args) => {
    await using spoke = startProgram("scripts/tools/spoke.ts", ...args);
    return [await spoke.ended, spoke.err.length > 0];
  }));
  assertEquals(results, [1, 1, 2, 2, 2].map((code) => [code, true]));
});

Deno.test("a hub answers requests that are not for a WebSocket, and continues", async () => {
  await using hub = startHub();
  const url = hub.url.replace("ws:", "http:");
  const plain = await fetch(url);
  assertEquals(plain.status, 426);
  assertStringIncludes(await plain.text(), "WebSocket");
  const { hostname, port } = new URL(url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  await connection.write(new TextEncoder().encode(`GET / HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\n\r\n`));
  const answer = new Uint8Array(1000);
  await connection.read(answer);
  assertStringIncludes(new TextDecoder().decode(answer), "HTTP/1.1 400");
});
