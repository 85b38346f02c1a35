// The transcripts for clients in other languages are what our own link and our own hub say.

import { assert, assertEquals } from "@std/assert";
import {
  createHub,
  createJsonCodec,
  createLink,
  type SpokeEventTarget,
  type Wire,
  type WireEvents,
} from "@alkdev/pubsub/wire";
import type { EventEnvelope } from "@alkdev/pubsub";
import book from "../../docs/architecture/transcripts.json" with { type: "json" };
import { connectInMemory, type MemoryConnection, memoryWire } from "../../testing/_memory_wire.ts";
import { eventually } from "../support/eventually.ts";

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A step, with the members of all its kinds. */
interface Step {
  readonly call?: string;
  readonly client?: Json;
  readonly hub?: Json;
  readonly text?: string;
  readonly sees?: string;
  readonly hears?: Json;
  readonly program?: string;
  readonly topic?: string;
  readonly event?: Json;
  readonly [member: string]: Json | undefined;
}

const codec = createJsonCodec();
const turn = () => new Promise<void>((resolve) => setTimeout(resolve));
// Cast: the file is checked by what it does here.
const { hello, transcripts } = book as unknown as {
  hello: Step[];
  transcripts: { name: string; only?: "client" | "hub"; steps: Step[] }[];
};

for (const { name, only, steps } of transcripts) {
  if (only !== "hub") {
    Deno.test(`a link says and sees what the transcript has: ${name}`, () => playLink([...hello, ...steps]));
  }
  if (only !== "client") {
    Deno.test(`a hub says and hears what the transcript has: ${name}`, () => playHub([...hello, ...steps]));
  }
}

Deno.test("a step that is wrong fails, of each kind", async () => {
  const wrong: Step[] = [
    { client: { type: "__subscribe", id: "$1", payload: { topics: ["other"] } } },
    { sees: "nothing" },
    { sees: "event", event: { type: "news", id: "1", payload: 2 } },
  ];
  const right = [...hello, ...transcripts[0]?.steps ?? []];
  for (const step of wrong) {
    const steps = [...right.slice(0, step.client ? 3 : 8), step];
    const result = await Promise.allSettled([playLink(steps, 20)]);
    assertEquals(result[0].status, "rejected", JSON.stringify(step));
  }
  const result = await Promise.allSettled([playHub([...right, { hub: { type: "news" } }], 20)]);
  assertEquals(result[0].status, "rejected");
});

/** Plays the hub to a link. */
async function playLink(steps: readonly Step[], timeoutMs = 5000): Promise<void> {
  const wire = new ScriptedWire();
  const seen: Json[] = [];
  const stops = new Map<string, () => void>();
  const link = createLink({ codec, toWire: () => wire }, {}, { onError() {} });
  let degraded = false;
  link.addEventListener("statuschange", ({ detail }) => {
    if ((detail.degraded ?? false) !== degraded && detail.state === "open") {
      degraded = detail.degraded ?? false;
      seen.push({ sees: "degraded", degraded });
    }
    if (detail.state === "closed") {
      seen.push({ sees: "ended", code: detail.code ?? null, reason: detail.reason ?? null });
    }
  });
  const calls: Record<string, (step: Step) => unknown> = {
    subscribe({ topic = "" }) {
      const [type, id] = partsOf(topic);
      const stop = link.listen(type, id, {
        onReady: () => void seen.push({ sees: "ready", topic }),
        onGap: () => void seen.push({ sees: "gap", topic }),
        onEvent: (event) => void seen.push({ sees: "event", event: plain(event) }),
        onEnd: (error) => void (error?.name === "RefusedError" && seen.push({ sees: "refused", topic })),
      });
      stops.set(topic, stop);
    },
    unsubscribe: ({ topic = "" }) => stops.get(topic)?.(),
    // Cast: the transcript has an envelope there.
    publish: ({ event }) => link.publish(event as unknown as EventEnvelope),
    flush: () => void link.flush().then(() => seen.push({ sees: "flushed" })),
  };
  const variables = new Map<string, Json>();
  try {
    for (const step of steps) {
      await turn();
      if (step.call !== undefined) calls[step.call]?.(step);
      else if (step.client !== undefined) {
        const sent = await eventually(() => wire.sent.shift() ?? false, { timeoutMs });
        assert(matches(sent, step.client, variables), `${show(sent)} is not ${show(step.client)}`);
      } else if (step.hub !== undefined) wire.events?.onFrame(JSON.stringify(filled(step.hub, variables)));
      else if (step.text !== undefined) wire.events?.onFrame(step.text);
      else if (step.sees === "nothing") {
        await turn();
        assertEquals([seen, wire.sent], [[], []]);
      } else if (step.sees !== undefined) {
        const next = await eventually(() => seen.shift() ?? false, { timeoutMs });
        assertEquals<unknown>(next, { ...step });
      }
    }
  } finally {
    await link.close();
  }
}

/** Plays a client to a hub, which refuses topics that start with `secret`. */
async function playHub(steps: readonly Step[], timeoutMs = 5000): Promise<void> {
  const [near, far] = connectInMemory();
  const sent: Json[] = [];
  near.events = {
    onOpen() {},
    onSignOfLife() {},
    onEnd() {},
    onFrame: (frame) => void sent.push(...envelopesIn(String(frame))),
  };
  const hub = createHub<never, MemoryConnection, string>({ codec, toWire: memoryWire }, {
    authorize: ({ type }) => type !== "secret",
    onError() {},
  });
  const heard: Json[] = [];
  hub.listen("*", undefined, { onEvent: (event) => void heard.push(plain(event)) });
  const spoke: SpokeEventTarget = hub.addConnection(far);
  try {
    for (const step of steps) {
      await turn();
      if (step.client !== undefined) far.receive(JSON.stringify(step.client));
      // Cast: the transcript has an envelope there.
      else if (step.program === "publish") hub.publish(step.event as unknown as EventEnvelope);
      else if (step.program === "revoke") hub.revoke(() => true, step.topic);
      else if (step.hears !== undefined) {
        assertEquals(await eventually(() => heard.shift() ?? false, { timeoutMs }), step.hears);
      } else if (step.hub === "nothing") {
        await turn();
        assertEquals(sent, []);
      } else if (step.hub !== undefined) {
        for (const expected of [step.hub].flat()) {
          const next = await eventually(() => sent.shift() ?? false, { timeoutMs });
          assert(matches(next, expected, new Map()), `${show(next)} is not ${show(expected)}`);
        }
      }
    }
    assertEquals([sent, spoke.status.state], [[], "open"]);
  } finally {
    await hub.close();
  }
}

/** A wire of which the test is the other end. */
class ScriptedWire implements Wire<string> {
  state: "open" | "closed" = "open";
  readonly bufferedBytes = 0;
  readonly sent: Json[] = [];
  events: WireEvents | undefined;

  start(events: WireEvents): void {
    this.events = events;
    events.onOpen();
  }

  send(frame: string): void {
    this.sent.push(...envelopesIn(frame));
  }

  close(code: number, reason: string): void {
    this.state = "closed";
    queueMicrotask(() => this.events?.onEnd({ code, reason }));
  }

  detach(): void {
    this.events = undefined;
  }
}

function envelopesIn(frame: string): Json[] {
  return [JSON.parse(frame)].flat();
}

/**
 * Whether a value has all that a pattern has. Further members are allowed, except in events. A string that begins with `$`
 * stands for a string: the same one each time.
 */
function matches(value: Json | undefined, pattern: Json, variables: Map<string, Json>): boolean {
  if (typeof pattern === "string" && pattern.startsWith("$")) {
    if (!variables.has(pattern) && typeof value === "string") variables.set(pattern, value);
    return variables.get(pattern) === value;
  }
  if (!isObject(pattern)) return show(value) === show(pattern);
  if (!isObject(value)) return false;
  if (typeof pattern["type"] === "string" && !pattern["type"].startsWith("__")) {
    return show(value) === show(pattern);
  }
  return Object.entries(pattern).every(([key, member]) =>
    Array.isArray(member) && Array.isArray(value[key])
      ? member.length === value[key].length &&
        member.every((item, i) => matches(value[key]?.[i as never], item, variables))
      : matches(value[key], member, variables)
  );
}

/** A frame with the values of its variables. */
function filled(frame: Json, variables: ReadonlyMap<string, Json>): Json {
  return JSON.parse(JSON.stringify(frame), (_key, value) => variables.get(value) ?? value);
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function plain(event: EventEnvelope): Json {
  return JSON.parse(JSON.stringify(event));
}

function partsOf(topic: string): [type: string, id: string | undefined] {
  const at = topic.indexOf(":");
  return at < 0 ? [topic, undefined] : [topic.slice(0, at), topic.slice(at + 1)];
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? "nothing";
}
