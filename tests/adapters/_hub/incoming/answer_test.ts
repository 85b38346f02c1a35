import { assert, assertEquals } from "@std/assert";
import { createMemoryHistory } from "@alkdev/pubsub/history";
import { microtasks } from "../../../support/clock.ts";
import type { FakeSocket } from "../../../support/fake_socket.ts";
import { ManualEventTarget } from "../../../support/manual_event_target.ts";
import { controlsOf, open } from "../../../support/wire_hub.ts";

const subscribe = (topics: readonly string[], ref = "") =>
  JSON.stringify({ type: "__subscribe", id: ref, payload: { topics } });

interface Answer {
  readonly topics: readonly string[];
  readonly refused: readonly { topic: string; reason: string; also?: readonly string[] }[];
}

/** The topics of all answers, by what was answered. */
function answered(socket: FakeSocket): { topics: string[]; refused: string[] } {
  const controls = controlsOf(socket).filter(([type]) => type === "__subscribed");
  const answers = controls.map(([, , payload]) => payload as Answer);
  return {
    topics: answers.flatMap(({ topics }) => topics),
    refused: answers.flatMap(({ refused }) => refused.flatMap(({ topic, also = [] }) => [topic, ...also])),
  };
}

const bytesOf = (frames: readonly string[]) => new TextEncoder().encode(frames.join("")).length;

const short = (prefix: string) => Array.from({ length: 9000 }, (_, i) => prefix + i.toString(36));

for (
  const [what, frames, authorize] of [
    ["reserved topics", Array(10).fill(subscribe(short("__"))), () => true],
    ["topics that are not authorized", Array(10).fill(subscribe(short("a"))), () => false],
    ["granted topics, again and again", Array(10).fill(subscribe(short("a"))), () => true],
    ["one topic, named again and again", [subscribe(Array(200_000).fill("a"))], () => true],
    ["one refused topic, named again and again", [subscribe(Array(9_000).fill("__"))], () => true],
    ["small questions that are refused", Array(10_000).fill(subscribe(["__a"])), () => true],
    ["small questions in one frame", [`[${Array(10_000).fill(subscribe(["a"])).join(",")}]`], () => false],
    ["questions with long refs", Array(500).fill(subscribe(["__a"], "r".repeat(1024))), () => true],
    ["one question with a ref that is too long", [subscribe(short("a"), "r".repeat(500_000))], () => true],
    ["topics in other scripts", Array(10).fill(subscribe(short("__é"))), () => true],
    ["topics of quotes", Array(10).fill(subscribe(short('__"\\'))), () => true],
  ] as const
) {
  Deno.test(`answers take at most twice the bytes of the questions: ${what}`, async () => {
    const { add, end } = open({ authorize, maxEventsPerSecond: Infinity, maxBufferedBytes: 1e9 });
    const { socket } = add(undefined, { maxFrameBytes: 1 });
    await microtasks();
    socket.sent.length = 0;
    for (const data of frames) socket.fire("message", { data });
    await microtasks();
    const [bytesIn, bytesOut] = [bytesOf(frames), bytesOf(socket.sent)];
    assert(bytesOut <= 2 * bytesIn + 4096, `${bytesOut} bytes for ${bytesIn}`);
    assertEquals(socket.closes, []);
    await end(socket);
  });
}

const ask = (topics: readonly string[], since: unknown) =>
  JSON.stringify({ type: "__subscribe", id: "", payload: { topics, since } });
const news = short("n:").slice(0, 900);

for (
  const [what, frames] of [
    ["positions of no use, in one frame", [`[${Array(2000).fill(ask(["n:1"], [""])).join(",")}]`]],
    ["small requests from the start", Array(2000).fill(ask(["n:1"], [{ from: "start" }]))],
    ["lists of positions of no use", Array(10).fill(ask(news, news.map(() => "")))],
    ["lists of places to resume from", Array(10).fill(ask(news, news.map(() => ({ from: "now" }))))],
    ["a list without a place for each topic", Array(10).fill(ask(news, 0))],
    [
      "topics that are given back between the requests",
      Array(10).fill([
        ask(news, news.map(() => "")),
        JSON.stringify({ type: "__unsubscribe", id: "", payload: { topics: news } }),
      ]).flat(),
    ],
  ] as const
) {
  Deno.test(`without a right to replay, answers about the past take at most twice the bytes too: ${what}`, async () => {
    for (const maxReplaysPerMinute of [0, 5]) {
      const history = createMemoryHistory({ n: {} });
      const { hub, add, end } = open({
        history,
        maxReplaysPerMinute,
        maxTopicsPerConnection: 1000,
        maxEventsPerSecond: Infinity,
        maxBufferedBytes: 1e9,
      });
      hub.publish({ type: "n", id: "1", payload: 1 });
      const { socket } = add(undefined, { batch: true, history: true });
      await microtasks();
      socket.sent.length = 0;
      for (const data of frames) {
        socket.fire("message", { data });
        await microtasks();
        // Replays take turns. More of them must not wait than a spoke can have topics.
        for (let sent = -1; frames.length <= 20 && sent !== socket.sent.length;) {
          sent = socket.sent.length;
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      }
      const [bytesIn, bytesOut] = [bytesOf(frames), bytesOf(socket.sent)];
      // A right pays for the places of as many topics as a spoke can have.
      const paid = maxReplaysPerMinute * 1000 * 180;
      assert(bytesOut <= 2 * bytesIn + 4096 + paid, `${bytesOut} bytes for ${bytesIn}`);
      assertEquals(socket.closes, []);
      await end(socket);
    }
  });
}

Deno.test("places of all topics that a spoke can have are in its answers, on each connection of its link", async () => {
  const history = createMemoryHistory({ n: {} });
  const at = history.head({ type: "n", id: undefined });
  const { add, end } = open({ history, maxTopicsPerConnection: 1000, maxReplaysPerMinute: 6 });
  for (let connection = 1; connection <= 5; connection++) {
    const { socket } = add(undefined, { batch: true, history: true, link: "a secret", connection });
    for (let i = 0; i < 900; i += 300) {
      const topics = news.slice(i, i + 300);
      socket.receive("__subscribe", String(i), { topics, since: topics.map(() => at) });
    }
    await microtasks();
    const places = controlsOf(socket).filter(([type]) => type === "__subscribed")
      .flatMap(([, , payload]) => (payload as { history: ({ whole: boolean } | null)[] }).history);
    assertEquals([connection, places.length], [connection, 900]);
    assert(places.every((place) => place?.whole));
  }
  await end();
});

Deno.test("each refused topic has its reason, as long as the questions have paid for it; then they share one", async () => {
  const { add, end } = open({ authorize: ({ id }) => id !== "no" });
  const { socket } = add(["n:no", "n:1", "__x"]);
  await microtasks();
  assertEquals(controlsOf(socket), [["__subscribed", "1", {
    topics: ["n:1"],
    refused: [
      { topic: "__x", reason: 'event types that start with "__" are reserved' },
      { topic: "n:no", reason: "not authorized" },
    ],
  }]]);
  const reserved = short("__");
  socket.fire("message", { data: subscribe([...reserved, "m"]) });
  await microtasks();
  const [, , last] = controlsOf(socket).at(-1) ?? [];
  const [{ topic, reason, also = [] } = { topic: "", reason: "" }, ...others] = (last as Answer).refused;
  // Two of the topics can have the same hash: then one of them comes last.
  assertEquals([[topic, ...also].toSorted(), others], [reserved.toSorted(), []]);
  assertEquals(reason, 'event types that start with "__" are reserved');
  socket.fire("message", { data: subscribe([...reserved, "n:no"]) });
  await microtasks();
  const [, , mixed] = controlsOf(socket).at(-1) ?? [];
  assertEquals((mixed as Answer).refused.map(({ reason }) => reason), ["refused"]);
  await end(socket);
});

Deno.test("every topic is in one answer, once, however many answers it takes", async () => {
  const { add, end } = open({ authorize: ({ id = "" }) => Number.parseInt(id) % 3 > 0 });
  const topics = Array.from({ length: 3000 }, (_, i) => `n:${i}_${"y".repeat(i % 300)}`);
  const { socket } = add([...topics, ...topics], { batch: true, maxFrameBytes: 65_536 });
  await microtasks();
  const { topics: granted, refused } = answered(socket);
  assertEquals([...granted, ...refused].toSorted(), topics.toSorted());
  assertEquals(refused.length, 1000);
  assert(socket.sent.every(({ length }) => length <= 65_536));
  assert(socket.sent.length < 16, `${socket.sent.length} frames`);
  await end(socket);
});

Deno.test("a control whose ref is longer than 1,024 bytes is malformed, and not answered", async () => {
  for (const [ref, answers] of [["é".repeat(512), 2], ["é".repeat(512) + "x", 0]] as const) {
    const { add, end, stages } = open();
    const { socket, spoke } = add();
    socket.receive("__subscribe", ref, { topics: ["n"] });
    socket.receive("__ping", ref);
    await microtasks();
    assertEquals([controlsOf(socket).length, spoke.topics.size], [answers, answers / 2]);
    assertEquals(stages(), answers === 0 ? ["decode", "decode"] : []);
    await end(socket);
  }
});

Deno.test("hellos are answered within twice their bytes and 4,096 more, while the upstream is away too", async () => {
  for (const isAway of [false, true]) {
    const upstream = new ManualEventTarget();
    if (isAway) upstream.changeStatus({ state: "reconnecting" });
    const { add, end } = open({ upstream, heartbeatMs: 25_000, maxEventsPerSecond: Infinity });
    const { socket } = add();
    for (let i = 0; i < 1000; i++) socket.receive("__hello", "", { version: 1, batch: true });
    await microtasks();
    const bytesIn = 1000 *
      JSON.stringify({ type: "__hello", id: "", payload: { version: 1, batch: true } }).length;
    const bytesOut = socket.sent.reduce((sum, { length }) => sum + length, 0);
    assert(bytesOut > 4096 && bytesOut <= 2 * bytesIn + 4096, `${bytesOut} bytes for ${bytesIn}`);
    const types = controlsOf(socket).slice(0, 2).map(([type]) => type);
    assertEquals(types, ["__hello", isAway ? "__upstream" : "__hello"]);
    await end(socket);
  }
});
