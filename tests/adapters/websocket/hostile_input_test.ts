import { assert, assertEquals } from "@std/assert";
import { type AuthorizeRequest, createInProcessEventTarget, createPubSub } from "@alkdev/pubsub";
import { eventually } from "../../support/eventually.ts";
import { randomFrom } from "../../../scripts/lib/random.ts";
import { type ServedHub, serveHub } from "../../support/hubs.ts";
import { openLink } from "../../support/links.ts";
import { connectRaw, type RawWebSocket } from "../../support/raw_websocket.ts";

const FRAMES = 20_000;
const SEED = Number(Deno.env.get("FUZZ_SEED") ?? 20_261_121);

/** Frames of every kind of malice, and what an honest peer would send. */
function frameMaker(random: () => number): () => string | Uint8Array {
  const below = (n: number) => Math.floor(random() * n);
  const pick = <T>(values: readonly T[]): T => values[below(values.length)] as T;
  const scalars = [
    null,
    true,
    0,
    -1,
    1e308,
    "",
    "x",
    "__proto__",
    "constructor",
    "\u0000",
    "\ud800",
    "news:1",
    "*",
    {},
    [],
  ];
  const kinds = [
    "hello",
    "subscribe",
    "unsubscribe",
    "subscribed",
    "revoked",
    "gap",
    "ping",
    "pong",
    "future",
    "",
  ];
  const value = (depth: number): unknown => {
    if (depth <= 0 || random() < 0.5) return pick(scalars);
    if (random() < 0.5) return Array.from({ length: below(4) }, () => value(depth - 1));
    const keys = [
      "type",
      "id",
      "payload",
      "topics",
      "refused",
      "topic",
      "reason",
      "version",
      "batch",
      "maxFrameBytes",
    ];
    return Object.fromEntries(Array.from({ length: below(5) }, () => [pick(keys), value(depth - 1)]));
  };
  const control = () => ({
    type: `__${pick(kinds)}`,
    id: random() < 0.8 ? String(below(10)) : value(1),
    payload: random() < 0.5 ? value(3) : { topics: Array.from({ length: below(5) }, () => pick(scalars)) },
  });
  const event = () => ({ type: pick(["junk", ...scalars]), id: pick(["1", ...scalars]), payload: value(3) });
  const proto = (key: string) =>
    `{"${key}":{"type":"news","id":"1"},"type":"junk","id":"1","payload":{"${key}":{"x":1}}}`;
  const makers: (() => string | Uint8Array)[] = [
    () => JSON.stringify(control()),
    () => JSON.stringify(event()),
    () => JSON.stringify(Array.from({ length: below(6) }, () => random() < 0.5 ? control() : event())),
    () => JSON.stringify(value(5)),
    () => {
      const text = JSON.stringify(random() < 0.5 ? control() : event());
      return text.slice(0, below(text.length));
    },
    () => {
      const text = [...JSON.stringify(control())];
      for (let i = 0; i < 3; i++) text[below(text.length)] = String.fromCharCode(below(0xffff));
      return text.join("").toWellFormed();
    },
    () => proto(pick(["__proto__", "constructor", "prototype", "toString"])),
    () => "[".repeat(below(2000)) + "]".repeat(below(2000)),
    () => `{"type":"junk","id":"1","payload":${"[".repeat(1000)}${"]".repeat(1000)}}`,
    () => "",
    () =>
      JSON.stringify({
        type: "__subscribe",
        id: "x".repeat(below(3000)),
        payload: { topics: ["junk:" + "y".repeat(below(2000))] },
      }),
  ];
  return () => pick(makers)();
}

/** A spoke that must receive every event published for it, whatever happens around it. */
async function openGoodSpoke(served: ServedHub) {
  const open = openLink(served.url);
  const subscription = createPubSub<{ news: number }>({ eventTarget: open.link }).subscribe("news", "good");
  await subscription.ready;
  let expected = 0;
  return {
    async assertAlive() {
      served.hub.publish({ type: "news", id: "good", payload: expected });
      const { value } = await subscription.next();
      assertEquals(value?.payload, expected++);
      await open.link.flush();
    },
    close: () => open.link.close(),
  };
}

/** Allows about everything, now or later. */
function authorize({ action, id }: AuthorizeRequest): boolean | Promise<boolean> {
  if (action === "publish" && id === "1") return false;
  return id === "x" ? Promise.resolve(true) : true;
}

for (const gateway of [false, true]) {
  const kind = gateway ? "a hub that is a gateway" : "hub";
  Deno.test(`${kind} and its good spoke outlive ${FRAMES} hostile frames over a real socket (seed ${SEED})`, async () => {
    await using upstream = createInProcessEventTarget();
    await using served = serveHub({
      maxTopicsPerConnection: 1000,
      // By default, the thousands of frames of no use would end the spoke.
      maxEventsPerSecond: Infinity,
      ...(gateway ? { upstream, authorize } : {}),
    });
    const good = await openGoodSpoke(served);
    const random = randomFrom(SEED);
    const nextFrame = frameMaker(random);
    let bad: WebSocket | undefined;
    let connections = 0;
    for (let sent = 0; sent < FRAMES; sent++) {
      if (bad === undefined || bad.readyState !== WebSocket.OPEN) {
        bad = new WebSocket(served.url);
        const socket = bad;
        await new Promise((resolve) => socket.addEventListener("open", resolve));
        connections++;
      }
      bad.send(nextFrame() as string);
      if (sent % 500 === 499) await good.assertAlive();
    }
    const socket = bad;
    assert(socket !== undefined);
    const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
    socket.close();
    await closed;
    await good.assertAlive();
    await good.close();
    await eventually(() => assertEquals([served.hub.connectionCount, served.hub.topicCount], [0, 0]));
    const stages = new Set(served.faults.map(({ context }) => context.stage));
    assertEquals(stages, new Set(["decode", "subscribe", ...(gateway ? ["publish"] : [])]));
    assert(served.faults.length > FRAMES / 10, `only ${served.faults.length} faults were reported`);
    assert(connections < 100, `${connections} connections were needed`);
  });
}

/** A hostile client: its frames, the report of the hub, and the end of the connection. */
interface Attack {
  readonly name: string;
  send(raw: RawWebSocket): Promise<void>;
  readonly stages: readonly string[];
  readonly code?: number;
}

const text = (value: unknown) => JSON.stringify(value);

const ATTACKS: readonly Attack[] = [
  { name: "torn JSON", send: (raw) => raw.sendText('{"type":"a","id"'), stages: ["decode"] },
  { name: "an empty message", send: (raw) => raw.sendText(""), stages: ["decode"] },
  { name: "a number", send: (raw) => raw.sendText("5"), stages: ["decode"] },
  { name: "null", send: (raw) => raw.sendText("null"), stages: ["decode"] },
  { name: "an empty array", send: (raw) => raw.sendText("[]"), stages: [] },
  {
    name: "a thousand malformed envelopes in one frame",
    send: (raw) => raw.sendText(text(Array(1000).fill(7))),
    stages: ["decode"],
  },
  {
    name: "an array in an array",
    send: (raw) => raw.sendText('[[{"type":"a","id":"1"}]]'),
    stages: ["decode"],
  },
  { name: "an id that is a number", send: (raw) => raw.sendText('{"type":"a","id":1}'), stages: ["decode"] },
  { name: "an envelope without an id", send: (raw) => raw.sendText('{"type":"a"}'), stages: ["decode"] },
  {
    name: "a lone surrogate",
    send: (raw) => raw.sendText('{"type":"a","id":"\\ud800"}'),
    stages: ["decode"],
  },
  {
    name: "a type with a separator",
    send: (raw) => raw.sendText('{"type":"a:b","id":"1"}'),
    stages: ["decode"],
  },
  {
    name: "__proto__ as a type's holder",
    send: (raw) => raw.sendText('{"__proto__":{"type":"a","id":"1"}}'),
    stages: ["decode"],
  },
  {
    name: "__proto__ in a payload",
    send: (raw) => raw.sendText('{"type":"a","id":"1","payload":{"__proto__":{"admin":true}}}'),
    stages: [],
  },
  {
    name: "nesting 400,000 deep",
    send: (raw) =>
      raw.sendText(`{"type":"a","id":"1","payload":${"[".repeat(400_000)}${"]".repeat(400_000)}}`),
    stages: [],
  },
  {
    name: "nesting 1,000,000 deep",
    send: (raw) => raw.sendText("[".repeat(1_000_000) + "]".repeat(1_000_000)),
    stages: ["decode"],
    code: 1009,
  },
  { name: "nesting that never ends", send: (raw) => raw.sendText("[".repeat(1_000_000)), stages: ["decode"] },
  {
    name: "a frame of 3 MB",
    send: (raw) => raw.sendText(text("x".repeat(3_000_000))),
    stages: ["decode"],
    code: 1009,
  },
  {
    name: "topics that are no array",
    send: (raw) => raw.sendText(text({ type: "__subscribe", id: "1", payload: { topics: "a" } })),
    stages: ["decode"],
  },
  {
    name: "topics that are no strings",
    send: (raw) =>
      raw.sendText(text({ type: "__subscribe", id: "1", payload: { topics: [{}, null, ["a"]] } })),
    stages: ["decode"],
  },
  {
    name: "a control without a payload",
    send: (raw) => raw.sendText('{"type":"__subscribe","id":"1"}'),
    stages: ["decode"],
  },
  { name: "a control without an id", send: (raw) => raw.sendText('{"type":"__ping"}'), stages: ["decode"] },
  {
    name: "a hello of version 0",
    send: (raw) => raw.sendText(text({ type: "__hello", id: "", payload: { version: 0 } })),
    stages: ["decode"],
  },
  {
    name: "a hello with a negative bound",
    send: (raw) =>
      raw.sendText(text({ type: "__hello", id: "", payload: { version: 1, maxFrameBytes: -5 } })),
    stages: ["decode"],
  },
  {
    name: "a control of the future",
    send: (raw) => raw.sendText(text({ type: "__future", id: "", payload: 5 })),
    stages: [],
  },
  {
    name: "invalid topics",
    send: (raw) =>
      raw.sendText(
        text({ type: "__subscribe", id: "1", payload: { topics: ["", "__a", "*:1", "x".repeat(1025)] } }),
      ),
    stages: ["subscribe"],
  },
  {
    name: "endless topics in one frame",
    send: (raw) =>
      raw.sendText(
        text({
          type: "__subscribe",
          id: "1",
          payload: { topics: Array.from({ length: 10_001 }, (_, i) => `t:${i}`) },
        }),
      ),
    stages: ["subscribe"],
    code: 1008,
  },
  {
    name: "endless invalid topics in one frame",
    send: (raw) =>
      raw.sendText(text({ type: "__subscribe", id: "1", payload: { topics: Array(10_001).fill("") } })),
    stages: ["subscribe"],
    code: 1008,
  },
  {
    name: "a binary message",
    send: (raw) => raw.sendFrame(0x82, new Uint8Array([1, 2, 3])),
    stages: ["decode"],
  },
  {
    name: "text that is no UTF-8",
    send: (raw) => raw.sendText(new Uint8Array([0xff, 0xfe])),
    stages: ["connect"],
  },
  {
    name: "a frame with reserved bits",
    send: (raw) => raw.sendFrame(0xf1, new Uint8Array([1])),
    stages: ["connect"],
  },
  {
    name: "bytes that are no frame",
    send: (raw) => raw.sendBytes(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n")),
    stages: ["connect"],
  },
];

for (const { name, send, stages, code } of ATTACKS) {
  Deno.test(`hub reports ${name} with its stage, once, and its other spoke misses nothing`, async () => {
    await using served = serveHub();
    const good = await openGoodSpoke(served);
    using raw = await connectRaw(served.port);
    await send(raw);
    if (code === undefined && !stages.includes("connect")) {
      // The connection lives on, and answers.
      await raw.sendText(text({ type: "__subscribe", id: "alive", payload: { topics: ["alive"] } }));
      await eventually(() => assert(served.spokes.at(-1)?.topics.has("alive")));
    } else {
      await eventually(() => assertEquals(served.hub.connectionCount, 1));
      if (code !== undefined) assertEquals(await raw.readCloseCode(), code);
    }
    assertEquals(served.faults.map(({ context }) => context.stage), stages);
    for (const { context } of served.faults) assertEquals(context.target, served.spokes.at(-1));
    await good.assertAlive();
    await good.close();
    assertEquals(({} as Record<string, unknown>)["admin"], undefined);
  });
}

Deno.test("endless topics over many frames end at the bound, with 1008", async () => {
  await using served = serveHub();
  using raw = await connectRaw(served.port);
  await eventually(() => served.hub.connectionCount === 1);
  for (let sent = 100; served.hub.connectionCount === 1; sent += 100) {
    const topics = Array.from({ length: 100 }, (_, i) => `t:${sent - i}`);
    await raw.sendText(text({ type: "__subscribe", id: String(sent), payload: { topics } }));
    await eventually(() => served.hub.topicCount === sent || served.hub.connectionCount === 0);
  }
  assertEquals(await raw.readCloseCode(), 1008);
  assertEquals([served.hub.topicCount, served.hub.connectionCount], [0, 0]);
});
