import process from "node:process";
import { assert } from "@std/assert";
import { createInProcessEventTarget } from "@alkdev/pubsub";
import { createMemoryHistory } from "@alkdev/pubsub/history";
import { defineEvents } from "@alkdev/pubsub/schemas";
import type { Control } from "../../../../adapters/_wire/frame.ts";
import type { HubOptions } from "../../../../adapters/_hub/types.ts";
import type { FakeSocket } from "../../../support/fake_socket.ts";
import { open } from "../../../support/wire_hub.ts";

/** The bytes of frames of each kind that a hub is sent. */
const BYTES = 2 ** 17;

/** Those of long frames, so that what is done once for a topic counts as often as in a megabyte. */
const MANY_BYTES = 2 ** 19;

/** The CPU that a hub may take for frames, in that of `JSON.parse`. */
const MAX_CPU = 20;

/** The bytes of the places and ends of replays, in those of the smallest questions. Replays are limited by their number. */
const MAX_PAST_BYTES = 20;

/** The CPU for a frame that asks for the past, and for the replays: each of its topics is answered twice. */
const MAX_PAST_CPU = 40;

/**
 * The CPU where an upstream is asked for names of more than ten characters. V8 15 takes longer to put each of them into its
 * table of all strings than to parse twelve of them: see decision 129.
 */
const MAX_LONG_UPSTREAM_CPU = 60;

/** A topic and its end cost 11 to 20 times their `JSON.parse`: the bound leaves the noise of a machine that is busy. */
const MARGIN_IN_TURN = 1.3;

/** The time of one error with a stack. Each frame may cost one, and the rate limits frames. */
const MS_PER_FRAME = 0.02;

const control = (kind: string, id: string, payload?: unknown) =>
  JSON.stringify({ type: `__${kind}`, id, payload });
const topics = (prefix: string, count: number, i = 0) =>
  Array.from({ length: count }, (_, n) => `${prefix}${((i * count + n) % 9000).toString(36)}`);

/** A request for topics, or their end, by turns. */
const inTurn = (topics: readonly string[], i: number) =>
  control(i % 2 === 0 ? "subscribe" : "unsubscribe", "", { topics });

/** What an envelope can be. Each control that only a hub sends has its row under its own name. */
type Kind = Exclude<Control["kind"], "misdirected"> | "event" | "other";

/** The smallest envelopes of each kind, and others that cost a hub the most; `i` counts them. */
const ROWS: Record<Kind, Record<string, (i: number) => string>> = {
  hello: {
    "the smallest": () => control("hello", "", { version: 1 }),
    "with a small frame": () => control("hello", "", { version: 1, batch: true, maxFrameBytes: 1 }),
    "malformed": () => control("hello", "", {}),
  },
  subscribe: {
    "one topic, the same": () => control("subscribe", "", { topics: ["a"] }),
    "one topic, another each time": (i) => control("subscribe", "", { topics: topics("t:", 1, i) }),
    "one reserved topic": () => control("subscribe", "", { topics: ["__"] }),
    "no topic": () => control("subscribe", "", { topics: [] }),
    "thousands of topics": () => control("subscribe", "", { topics: topics("t:", 9000) }),
    "thousands of reserved topics": () => control("subscribe", "", { topics: topics("__", 9000) }),
    "one topic thousands of times": () => control("subscribe", "", { topics: Array(200_000).fill("a") }),
    "long refs": () => control("subscribe", "r".repeat(1024), { topics: ["a"] }),
    "a ref that is too long": () => control("subscribe", "r".repeat(100_000), { topics: topics("t:", 9000) }),
    "malformed": () => control("subscribe", "", { topics: [1] }),
    "a topic and its end in turn": (i) => inTurn(topics("t:", 1, i >> 1), i),
    "thousands of topics and their ends in turn": (i) => inTurn(topics("t:", 9000, i >> 1), i),
    "thousands of types and their ends in turn": (i) =>
      inTurn(topics("t", 5000, i >> 1).map((type) => `${type}:1`), i),
    "thousands of longer topics and their ends in turn": (i) =>
      inTurn(topics("chat.room.message:", 5000, i >> 1), i),
    "thousands of long topics and their ends in turn": (i) =>
      inTurn(topics(`t:${"x".repeat(100)}`, 2000, i >> 1), i),
    "thousands of the longest topics and their ends in turn": (i) =>
      inTurn(topics(`t:${"x".repeat(1000)}`, 200, i >> 1), i),
    "since a position that nobody gave": () =>
      control("subscribe", "", { topics: ["a:1"], since: ["Xk3f9.100000"] }),
    "since everything": (i) =>
      control("subscribe", String(i), { topics: topics("a:", 1, i), since: [{ from: "start" }] }),
    "thousands of topics since a place": () =>
      control("subscribe", "", { topics: topics("a:", 9000), since: Array(9000).fill({ from: "latest" }) }),
    "since of thousands for one topic": () =>
      control("subscribe", "", { topics: ["a"], since: Array(50_000).fill("") }),
    "since of another shape": () => control("subscribe", "", { topics: ["a"], since: 7 }),
  },
  unsubscribe: {
    "one topic": () => control("unsubscribe", "", { topics: ["a"] }),
    "thousands of topics": () => control("unsubscribe", "", { topics: topics("t:", 9000) }),
    "one topic thousands of times": () => control("unsubscribe", "", { topics: Array(200_000).fill("a") }),
    "malformed": () => control("unsubscribe", ""),
    "a replay that nobody asked for": (i) => control("unsubscribe", "", { replay: String(i) }),
    "the replay of thousands of topics": () =>
      control("unsubscribe", "", { topics: topics("a:", 9000), replay: "" }),
  },
  subscribed: {
    "in the wrong direction": () => control("subscribed", "", { topics: [] }),
    "with refusals": () =>
      control("subscribed", "", { topics: [], refused: [{ topic: "", reason: "", also: [] }] }),
  },
  revoked: { "in the wrong direction": () => control("revoked", "", { refused: [] }) },
  gap: { "in the wrong direction": () => control("gap", "") },
  replay: { "in the wrong direction": () => control("replay", "", { topic: "a", count: 1 }) },
  replayed: { "in the wrong direction": () => control("replayed", "", { topic: "a", at: "", whole: true }) },
  upstream: { "in the wrong direction": () => control("upstream", "", { up: true }) },
  rejected: {
    "in the wrong direction": () => control("rejected", "", { topic: "a", reason: "r", issues: [], more: 1 }),
    "with many issues": () =>
      control("rejected", "", { topic: "a", reason: "r", issues: Array(100).fill({ message: "" }) }),
    "malformed": () => control("rejected", ""),
  },
  ping: {
    "a sign of life": () => control("ping", ""),
    "a flush": (i) => control("ping", String(i)),
  },
  pong: { "to nothing": () => control("pong", "") },
  bye: { "with a reason": () => control("bye", "", { reason: "r".repeat(1000) }) },
  event: {
    "the smallest": () => '{"type":"a","id":""}',
    "another topic each time": (i) => JSON.stringify({ type: "a", id: String(i) }),
    "through too many hubs": () => JSON.stringify({ type: "a", id: "", via: Array(8).fill("a") }),
    "with a payload": () => JSON.stringify({ type: "a", id: "1", payload: { text: "x".repeat(1000) } }),
    "an invalid type": () => '{"type":"a:","id":""}',
    "with values that an issue could quote": () =>
      JSON.stringify({ type: "b", id: "1", payload: Array.from({ length: 250 }, (_, i) => `${i}`) }),
    "with few members": (i) => JSON.stringify({ type: "b", id: "1", payload: { i } }),
  },
  other: {
    "an unknown control": () => control("later", ""),
    "a number": () => "7",
    "an empty object": () => "{}",
    "a long string": () => JSON.stringify("x".repeat(900_000)),
  },
};

/** Refuses every payload, with as many issues as there are members. */
const EVENTS = defineEvents({
  b: {
    "~standard": {
      version: 1,
      vendor: "tests",
      validate: (payload) => ({
        issues: Object.entries(Object(payload)).map(([key, value]) => ({
          message: `Received ${value}`,
          path: [key],
        })),
      }),
    },
  },
});

const HUBS: Record<string, () => HubOptions<FakeSocket>> = {
  "a plain hub": () => ({}),
  "a hub that refuses": () => ({ authorize: () => false }),
  "a hub with events": () => ({ events: EVENTS }),
  "a hub with an upstream": () => ({ upstream: createInProcessEventTarget() }),
  "a hub with a history": () => ({ history: createMemoryHistory({ a: {} }) }),
  "a hub over a history": () => ({
    upstream: createInProcessEventTarget({ history: createMemoryHistory({ a: {} }) }),
  }),
  "a hub that says much in its hello": () => ({ heartbeatMs: 25_000, maxFrameBytes: 123_456_789 }),
};

/** Frames of at most an eighth of a megabyte: one for each envelope, or as many in one as fit. */
function framesOf(envelope: (i: number) => string, isBatched: boolean, most: number): string[] {
  const frames: string[] = [];
  let bytes = 0;
  for (let i = 0; bytes < most;) {
    const batch: string[] = [];
    let size = 2;
    do {
      const text = envelope(i++);
      if (batch.length > 0 && size + text.length >= most) break;
      batch.push(text);
      size += text.length + 1;
    } while (isBatched);
    frames.push(isBatched ? `[${batch.join(",")}]` : batch.join());
    bytes += size;
  }
  return frames;
}

const bytesOf = (frames: readonly string[]) => frames.reduce((sum, { length }) => sum + length, 0);

/** The processor time of this process, in milliseconds: other programs do not count. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function parseMs(frames: readonly string[]): number {
  const start = cpuMs();
  for (const frame of frames) JSON.parse(frame);
  return cpuMs() - start;
}

/** The time that a hub takes for frames, and the bytes that it answers. */
async function measure(options: HubOptions<FakeSocket>, frames: readonly string[], isBare: boolean) {
  const { add, end } = open({ maxEventsPerSecond: Infinity, maxBufferedBytes: 1e9, ...options });
  const { socket } = add(undefined, isBare ? undefined : { batch: true, history: true });
  await Promise.resolve();
  socket.sent.length = 0;
  const start = cpuMs();
  for (const data of frames) {
    socket.fire("message", { data });
    await Promise.resolve();
  }
  const ms = cpuMs() - start;
  const bytes = bytesOf(socket.sent);
  await end(socket);
  return { ms, bytes };
}

const MIX = Object.entries(HUBS).flatMap(([hub, optionsOf]) =>
  [true, false].flatMap((isBare) => [true, false].map((isBatched) => ({ hub, optionsOf, isBare, isBatched })))
);

for (const [kind, rows] of Object.entries(ROWS)) {
  Deno.test(`a frame costs a hub at most ${MAX_CPU} times its JSON.parse, and twice its bytes: ${kind}`, async () => {
    for (const [what, envelope] of Object.entries(rows)) {
      for (const { hub, optionsOf, isBare, isBatched } of MIX) {
        // It handles everything but events as a plain hub does.
        if (hub === "a hub with events" && kind !== "event") continue;
        // A frame of a byte or two costs its header, not its text.
        if (kind === "other" && !isBatched) continue;
        const name = `${kind}, ${what}, ${isBatched ? "in arrays" : "alone"}, ${hub}, ${
          isBare ? "bare" : "a link"
        }`;
        const most = what.startsWith("thousands") ? MANY_BYTES : BYTES;
        let used = Infinity;
        let text = "";
        // The best of several: the compiler and the garbage collector take the processor too.
        for (let round = 0; round < 12 && used > 1; round++) {
          const frames = framesOf(envelope, isBatched, most);
          const parse = parseMs(framesOf(envelope, isBatched, most));
          const { ms, bytes } = await measure(optionsOf(), frames, isBare);
          const bytesIn = bytesOf(frames);
          const isReplayed = what.includes("since") && hub.endsWith("a history") && !isBare;
          const times = isReplayed ? MAX_PAST_BYTES : 2;
          assert(bytes <= times * bytesIn + 4096, `${name}: ${bytes} bytes out for ${bytesIn}`);
          const isLongUpstream = / long(er)? topics/.test(what) && / upstream|over a history/.test(hub);
          const cpu = isReplayed ? MAX_PAST_CPU : isLongUpstream ? MAX_LONG_UPSTREAM_CPU : MAX_CPU;
          const margin = what.endsWith("in turn") ? MARGIN_IN_TURN : 1;
          const budget = margin * cpu * parse + frames.length * MS_PER_FRAME + 2;
          if (ms / budget >= used) continue;
          used = ms / budget;
          text = `${ms.toFixed(1)} ms of ${budget.toFixed(1)}, ${(ms / parse).toFixed(1)} times JSON.parse`;
        }
        if (Deno.env.has("BUDGET_VERBOSE")) console.log(used.toFixed(2), text, name);
        else assert(used <= 1, `${name}: ${text}`);
      }
    }
  });
}
