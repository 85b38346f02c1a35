import { assert, assertEquals } from "@std/assert";
import {
  createWebSocketClientEventTarget,
  createWebSocketServerEventTarget,
  type PubSubEventTarget,
  type WebSocketServerOptions,
} from "@alkdev/pubsub";
import { type TestClock, withClock } from "../../support/clock.ts";
import { FakeSocket } from "../../support/fake_socket.ts";
import { type Falls, joinSockets } from "../../support/joined_sockets.ts";

const MBIT = 1_000_000;
const HOW_IT_FALLS: readonly Falls[] = ["in parts", "by message", "all at once"];

/** A link and a hub over a slow line, with the defaults unless told otherwise, and both heartbeats. */
async function open(
  clock: TestClock,
  falls: Falls,
  options: WebSocketServerOptions = {},
  bitsPerSecond = MBIT,
) {
  const line = joinSockets(clock, {
    upBitsPerSecond: bitsPerSecond,
    downBitsPerSecond: bitsPerSecond,
    falls,
  });
  const faults: string[] = [];
  const onError = (error: unknown, { stage }: { stage: string }) => void faults.push(`${stage} ${error}`);
  const hub = createWebSocketServerEventTarget({ heartbeatMs: 25_000, onError, ...options });
  hub.addConnection(line.hub);
  const sockets = [line.link];
  const link = createWebSocketClientEventTarget(() => sockets.pop() ?? Promise.reject(new Error("no more")), {
    reconnectDelayMs: 1e6,
    maxReconnectDelayMs: 1e6,
    onError,
  });
  const heard: number[] = [];
  // The publisher is this file.
  const onEvent = ({ payload }: { payload?: unknown }) => void heard.push((payload as { n: number }).n);
  await clock.pass(0);
  return {
    line,
    link,
    hub,
    heard,
    faults,
    listen: (target: PubSubEventTarget) => target.listen("n", undefined, { onEvent }),
    async end() {
      line.hub.fire("close", { code: 1000 });
      const closing = [link.close(), hub.close()];
      line.link.fire("close", { code: 1000 });
      await clock.pass(2000);
      await Promise.all(closing);
    },
  };
}

function publish(target: PubSubEventTarget, count: number, bytes: number): void {
  const text = "x".repeat(bytes);
  for (let n = 0; n < count; n++) target.publish({ type: "n", id: "1", payload: { n, text } });
}

for (const falls of HOW_IT_FALLS) {
  for (const direction of ["up", "down"] as const) {
    Deno.test(`12 MB arrive ${direction} a line of 1 Mbit/s with the defaults, where bufferedAmount falls ${falls}`, () =>
      withClock(async (clock) => {
        const { line, link, hub, heard, faults, listen, end } = await open(clock, falls);
        const [from, to] = direction === "up" ? [link, hub] : [hub, link];
        listen(to);
        await line.pass(1000);
        publish(from, 600, 20_000);
        await line.pass(110_000);
        assertEquals([faults, heard.length, link.status.state], [[], 600, "open"]);
        assertEquals(heard, Array.from({ length: 600 }, (_, i) => i));
        // And it is heard of within its time afterwards, too.
        await line.pass(60_000);
        assertEquals([link.status.state, hub.connectionCount], ["open", 1]);
        await end();
      }));
  }

  Deno.test(`a line that freezes while it is busy is found within two intervals, where bufferedAmount falls ${falls}`, () =>
    withClock(async (clock) => {
      const { line, link, hub, listen, end } = await open(clock, falls);
      listen(hub);
      listen(link);
      await line.pass(1000);
      publish(link, 300, 20_000);
      publish(hub, 40, 20_000);
      await line.pass(5000);
      line.freeze();
      // A whole interval without a byte, then one for the answer; they look eight times in each.
      await line.pass(2 * 25_000 + 2 * 25_000 / 8);
      assertEquals([link.status.state, link.status.code], ["reconnecting", 4408]);
      assertEquals([hub.connectionCount, line.hub.closes.map(({ code }) => code)], [0, [4408]]);
      await end();
    }));

  Deno.test(`a flush and a close overtake what waits for a slow line, where bufferedAmount falls ${falls}`, () =>
    withClock(async (clock) => {
      const { line, link, hub, faults, listen, end } = await open(clock, falls);
      listen(link);
      await line.pass(1000);
      publish(hub, 100, 20_000);
      await clock.pass(0);
      assert(line.hub.bufferedAmount <= 256 * 1024 + 1024, `${line.hub.bufferedAmount} bytes`);
      // A bounded socket: an answer to a ping waits at most two seconds behind it.
      const asked = performance.now();
      let answered = 0;
      line.link.addEventListener("message", ({ data }) => {
        if (answered === 0 && String(data).includes('"__pong"')) answered = performance.now();
      });
      line.hub.fire("message", { data: '{"type":"__ping","id":""}' });
      await line.pass(20_000);
      assert(answered - asked > 0 && answered - asked <= 2300, `${answered - asked} ms`);
      assertEquals(faults, []);
      await end();
    }));
}

Deno.test("one event that a line carries in less than heartbeatMs arrives, and one that takes longer cannot be told from silence", () =>
  withClock(async (clock) => {
    for (const [bitsPerSecond, arrives] of [[MBIT / 2, true], [MBIT / 8, false]] as const) {
      // 900 kB take 14 and 58 seconds. A whole message falls at its end.
      const { line, link, hub, heard, listen, end } = await open(clock, "by message", {}, bitsPerSecond);
      listen(hub);
      await line.pass(1000);
      publish(link, 1, 900_000);
      await line.pass(100_000);
      assertEquals([heard.length, link.status.state], arrives ? [1, "open"] : [0, "reconnecting"]);
      await end();
    }
  }));

Deno.test("an idle link is never silent for longer than its heartbeatMs, so that no proxy cuts it", () =>
  withClock(async ({ pass }) => {
    const socket = new FakeSocket();
    const times: number[] = [performance.now()];
    const { send } = socket;
    socket.send = (data) => {
      send.call(socket, data);
      times.push(performance.now());
      if (data.includes("__hello")) {
        setTimeout(() => socket.receive("__hello", "", { version: 1, batch: true }), 50);
      }
      if (data.includes("__ping")) setTimeout(() => socket.receive("__pong", ""), 50);
    };
    const link = createWebSocketClientEventTarget(() => socket, { onError() {} });
    await pass(8 * 60_000);
    assertEquals(link.status.state, "open");
    times.push(performance.now());
    const silences = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    assert(Math.max(...silences) <= 25_100, `${silences}`);
    assert(times.length < 25, "but it does not chatter");
    const closing = link.close();
    socket.fire("close", { code: 1000 });
    await closing;
  }));
