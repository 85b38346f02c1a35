// The texts of the compiler that a user sees most often.

import { assert, assertEquals } from "@std/assert";
import { startProcess } from "../../scripts/lib/process.ts";
import { withFiles } from "../support/temp_files.ts";

const NAMES = ['"session.status"', '"build.finished"', '"ping"'];

/** A mistake, and parts of what the compiler says. */
type Mistake = readonly [mistake: string, ...texts: string[]];

const MISTAKES: readonly Mistake[] = [
  [
    'pubsub.publish("sesion.status", "1", { state: "idle" });',
    ...NAMES,
  ],
  ['pubsub.subscribe("sesion.status");', ...NAMES],
  ['pubsub.on("sesion.status", () => {});', ...NAMES],
  ['useEvents(pubsub, "sesion.status", () => {});', ...NAMES],
  ['useLatest(pubsub, "sesion.status", "1");', ...NAMES],
  [
    'pubsub.publish("session.status", "1", { state: "stopped" });',
    `Type '"stopped"' is not assignable to type '"idle" | "running"'`,
  ],
  ['pubsub.publish("session.status", "1");', "Expected 3 arguments, but got 2"],
  ["createPubSub(createInProcessEventTarget());", "has no properties in common with type 'PubSubConfig'"],
  [
    "createWebSocketServerEventTarget<{ name: string }>({ authorize: ({ spoke }) => spoke.context.nam === '' });",
    "Did you mean 'name'?",
  ],
];

/** Mistakes of a program that has schemas. */
const SCHEMA_MISTAKES: readonly Mistake[] = [
  ['pubsub.publish("built", "1", { at: new Date() });', "Type 'Date' is not assignable to type 'string'"],
  ['pubsub.publish("built", "1");', "Expected 3 arguments, but got 2"],
  ['pubsub.publish("bilt", "1", { at: "" });', '"built"', '"moved"', '"said"'],
  ['pubsub.subscribe("bilt");', '"built"', '"moved"', '"said"'],
  [
    'pubsub.on("built", ({ payload }) => payload.at.slice(1));',
    "Property 'slice' does not exist on type 'Date'",
  ],
  ['pubsub.on("moved", ({ payload }) => payload.z);', "Property 'z' does not exist on type '{ x: number; }'"],
  [
    'defineEvents({ said: { type: "string" } });',
    "'type' does not exist in type 'StandardSchema<unknown, unknown>'",
  ],
  [
    "createPubSub({ events: { said: v.string() } });",
    "'said' does not exist in type 'DefinedEvents<{}, {}>'",
  ],
  [
    'createPubSub({ events, validate: "publish" });',
    `Type '"publish"' is not assignable to type '"subscribe" | "both"`,
  ],
  [
    "createWebSocketServerEventTarget({ events, authorizeEvent: (_spoke, { payload }) => payload.user === 1 });",
    "'payload' is of type 'unknown'",
  ],
  ["const typed: PubSub<{ said: string }> = pubsub;", "is not assignable to type 'PubSub<{ said: string; }"],
];

const PROGRAM = `
  import { createInProcessEventTarget, createPubSub, createWebSocketServerEventTarget } from "@alkdev/pubsub";
  import { useEvents, useLatest } from "@alkdev/pubsub/react";
  interface Events {
    "session.status": { state: "idle" | "running" };
    "build.finished": { ok: boolean };
    ping: void;
  }
  const pubsub = createPubSub<Events>();
  ${MISTAKES.map(([mistake]) => mistake).join("\n  ")}
`;

const SCHEMA_PROGRAM = `
  import { createPubSub, createWebSocketServerEventTarget, type PubSub } from "@alkdev/pubsub";
  import { defineEvents, type } from "@alkdev/pubsub/schemas";
  import * as v from "valibot";
  const events = defineEvents({
    built: v.object({ at: v.pipe(v.string(), v.transform((text) => new Date(text))) }),
    moved: v.object({ x: v.number() }),
    said: type<string>(),
  });
  const pubsub = createPubSub({ events });
  ${SCHEMA_MISTAKES.map(([mistake]) => mistake).join("\n  ")}
`;

Deno.test("a misspelt event type lists the names there are, and other mistakes have short texts, with schemas too", async () => {
  const root = new URL("../../", import.meta.url);
  const files = { "mistakes.ts": PROGRAM, "schemas.ts": SCHEMA_PROGRAM };
  const { code, stderr } = await withFiles(files, async (folder) => {
    const command = [
      Deno.execPath(),
      "check",
      "--config",
      `${root.pathname}deno.json`,
      ...Object.keys(files).map((name) => folder + name),
    ];
    return await startProcess(command, { timeoutMs: 60_000 }).ended;
  });
  assertEquals(code, 1);
  const texts = stderr.split(/\n(?=TS\d+ \[ERROR\])/);
  const mistakes = [...MISTAKES, ...SCHEMA_MISTAKES];
  assert(stderr.includes(`Found ${mistakes.length} errors.`), stderr);
  for (const [mistake, ...parts] of mistakes) {
    const found = texts.find((text) =>
      text.includes(mistake.slice(0, 40)) && parts.every((part) => text.includes(part))
    );
    assert(found, `${mistake}\n${parts.join("\n")}\n${stderr}`);
    assert(found.split("\n").length <= 20, found);
  }
});
