/** How each line of the table in docs/public_hub.md attacks a hub. */
import { eventually } from "./eventually.ts";
import type { RunningProgram } from "./program.ts";
import { frameOf, type RawWebSocket } from "./raw_websocket.ts";

const FLOOD_MS = 3000;
const BLOCK_BYTES = 16_384;

/** The servers of the page. */
export type Server = "npm:ws on Node" | "npm:ws on Deno" | "Deno";

/** A running hub of the page, and how a line of the table attacks it. */
export interface Attacked {
  readonly port: number;
  readonly program: RunningProgram;
  connect(): Promise<RawWebSocket>;
  rssMb(): Promise<number>;
}

const json = JSON.stringify;
const control = (kind: string, id: string, payload?: unknown): string =>
  json({ type: `__${kind}`, id, payload });
const subscribe = (topics: readonly string[], ref = "1"): string => control("subscribe", ref, { topics });
const many = <T>(count: number, of: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => of(i));

/** How the hub ended a connection: the code, `cut` without one, or `open` if it did not within the time. */
async function endOf(raw: RawWebSocket, ms = FLOOD_MS): Promise<string> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<string>((resolve) => timer = setTimeout(() => resolve("open"), ms));
  const code = raw.readCloseCode().then((code) => String(code ?? "cut"));
  return await Promise.race([code, late]).finally(() => clearTimeout(timer));
}

/** Sends one frame as fast as possible. Returns how that ended. */
async function flood({ connect }: Attacked, frame: string, firstByte = 0x81): Promise<string> {
  using raw = await connect();
  if (firstByte === 0) await raw.sendFrame(0x1, new Uint8Array());
  const one = frameOf(firstByte, new TextEncoder().encode(frame));
  const block = new Uint8Array(one.length * Math.ceil(BLOCK_BYTES / one.length));
  for (let at = 0; at < block.length; at += one.length) block.set(one, at);
  let hasEnded = false;
  const end = endOf(raw).finally(() => hasEnded = true);
  const flooding = (async () => {
    while (!hasEnded) await raw.sendBytes(block);
  })().catch(() => {});
  const how = await end;
  raw[Symbol.dispose]();
  await flooding;
  return how;
}

async function afterText({ connect }: Attacked, ...texts: readonly string[]): Promise<string> {
  using raw = await connect();
  const end = endOf(raw, 1000);
  for (const text of texts) await raw.sendText(text);
  return await end;
}

const CUT = ["4429", "cut"];

/** A line of the table. */
interface Line {
  readonly attack: (hub: Attacked, server: Server) => Promise<unknown>;
  /** What it may return. */
  readonly ends: readonly unknown[];
  /** The servers that let others wait. */
  readonly starves?: readonly Server[];
}

const floodOf = (...frames: readonly string[]): Line["attack"] => async (hub) => {
  const ends = [];
  for (const frame of frames) ends.push(await flood(hub, frame));
  return ends.every((end) => CUT.includes(end)) ? "4429" : ends.join();
};

/** The lines of the table, by what a spoke does. */
export const LINES: Record<string, Line> = {
  "topics without the right to them": {
    attack: async ({ connect }) => {
      using raw = await connect();
      const texts: string[] = [];
      const end = raw.readCloseCode((text) => texts.push(text));
      await raw.sendText(subscribe(["inbox:good", "inbox", "*", "room:1"]));
      await eventually(() => texts.length > 0);
      raw[Symbol.dispose]();
      await end;
      return JSON.parse(texts.join()).payload.topics.join();
    },
    ends: ["room:1"],
  },
  "one request of 65 kB": {
    attack: (hub) => afterText(hub, subscribe(many(8000, (i) => `room:${i}`).slice(0, 5800))),
    ends: ["1008", "1009"],
  },
  "one request of more than 65 kB, of one topic": {
    attack: (hub) => afterText(hub, subscribe(many(8000, () => "room:1"))),
    ends: ["1009"],
  },
  "one request with a long ref": {
    attack: (hub) => afterText(hub, subscribe(many(180, (i) => `room:${i}`), "r".repeat(64_000))),
    ends: ["open", "1009"],
  },
  "answers to a link with small frames": {
    attack: async ({ connect }) => {
      using raw = await connect();
      let bytes = 0;
      let isDone = false;
      const end = raw.readCloseCode((text) => {
        bytes += text.length;
        isDone ||= text.includes("__pong");
      });
      const texts = [
        control("hello", "", { version: 1, maxFrameBytes: 1 }),
        subscribe(many(190, (i) => `room:${i}`), "r".repeat(1000)),
        control("ping", "end"),
      ];
      for (const text of texts) await raw.sendText(text);
      await eventually(() => isDone);
      raw[Symbol.dispose]();
      await end;
      return bytes <= 2 * texts.join("").length + 4096;
    },
    ends: [true],
  },
  "empty arrays": { attack: floodOf("[]"), ends: ["4429"] },
  "text that is not JSON": { attack: floodOf("x", "{", ""), ends: ["4429"] },
  "pings, flushes, pongs and hellos": {
    attack: floodOf(
      control("ping", ""),
      control("ping", "1"),
      control("pong", ""),
      control("hello", "", { version: 1 }),
    ),
    ends: ["4429"],
  },
  "arrays of 32,000 numbers": { attack: floodOf(`[${many(32_000, () => 7).join(",")}]`), ends: ["4429"] },
  "events without the right to them": { attack: floodOf('{"type":"news","id":"1"}'), ends: ["4429"] },
  "WebSocket's own pings": {
    attack: (hub) => flood(hub, "", 0x89),
    ends: ["4429", "cut", "open"],
    starves: ["Deno"],
  },
  "WebSocket's own pongs": {
    attack: (hub) => flood(hub, "", 0x8a),
    ends: ["4429", "cut", "open"],
    starves: ["Deno"],
  },
  "empty fragments": {
    attack: (hub) => flood(hub, "", 0x00),
    ends: ["1008", "cut", "open"],
    starves: ["Deno"],
  },
  "180 questions, and the end of a topic 5,000 times": {
    attack: (hub) =>
      afterText(
        hub,
        `[${many(180, () => subscribe(["room:1", "room:2"], "")).join(",")}]`,
        control("unsubscribe", "", { topics: many(5000, () => "room:1") }),
      ),
    ends: ["open"],
  },
  "topics of one bucket": {
    attack: (hub) => afterText(hub, subscribe(many(3199, (i) => `room:${i * 65_536}`))),
    ends: ["1008"],
  },
  "200 connections that send 840 kB and leave": {
    attack: async ({ connect, rssMb }) => {
      const before = await rssMb();
      for (let i = 0; i < 200; i++) {
        using raw = await connect();
        const event = json({ type: "room", id: "1", payload: "x".repeat(60_000) });
        for (let n = 0; n < 14; n++) await raw.sendText(event).catch(() => {});
      }
      return await rssMb() - before < 200;
    },
    ends: [true],
  },
  "60 connections of one address": {
    attack: async ({ connect }) => {
      const opened = await Promise.allSettled(many(60, () => connect()));
      for (const each of opened) if (each.status === "fulfilled") each.value[Symbol.dispose]();
      // One is that of the other spoke.
      return opened.filter(({ status }) => status === "rejected").length;
    },
    ends: [41],
  },
  "silence": {
    attack: async ({ connect }) => {
      using raw = await connect();
      return await endOf(raw, 15_000);
    },
    ends: ["4408"],
  },
  "a reader of nothing": {
    attack: async ({ connect, rssMb }) => {
      const before = await rssMb();
      using raw = await connect();
      using writer = await connect();
      await raw.sendText(subscribe(["room:1"]));
      const event = json({ type: "room", id: "1", payload: "x".repeat(60_000) });
      for (let n = 0; n < 450; n++) await writer.sendText(event).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 3000));
      return await rssMb() - before < 200;
    },
    ends: [true],
  },
  "text that acts on a terminal": {
    attack: async (hub) => {
      for (let i = 0; i < 46; i++) await afterTextOf(hub, `\x1b[2J\r\x9b31m\u202e${i}`);
      await new Promise((resolve) => setTimeout(resolve, 500));
      const lines = hub.program.err.filter((line) => line.includes("@alkdev/pubsub"));
      return lines.length > 0 && lines.length <= 60 && !/[\p{Cc}\p{Cf}]/u.test(lines.join(""));
    },
    ends: [true],
  },
  "a message without its end": {
    attack: async ({ connect, rssMb }, server) => {
      const before = await rssMb();
      using raw = await connect();
      const end = endOf(raw);
      const part = new Uint8Array(1_000_000).fill(0x78);
      const sending = (async () => {
        await raw.sendFrame(0x1, part);
        for (let i = 0; i < 40; i++) await raw.sendFrame(0x0, part);
      })().catch(() => {});
      const how = await end;
      const isHeld = await rssMb() - before > 20;
      raw[Symbol.dispose]();
      await sending;
      return server === "Deno" ? how : `${how} ${isHeld}`;
    },
    ends: ["1009 false", "cut false", "open"],
  },
};

/** Sends a text on a connection that stays for the time of a flush. */
async function afterTextOf({ connect }: Attacked, text: string): Promise<void> {
  using raw = await connect();
  await raw.sendText(text);
  await new Promise((resolve) => setTimeout(resolve, 20));
}
