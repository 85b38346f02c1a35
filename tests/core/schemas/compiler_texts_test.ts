// The texts of the compiler that a user of schemas sees most often.

import { assert, assertEquals } from "@std/assert";
import { startProcess } from "../../../scripts/lib/process.ts";
import { withFiles } from "../../support/temp_files.ts";

/** A mistake, and parts of what the compiler says. */
const MISTAKES: readonly (readonly [mistake: string, ...texts: string[]])[] = [
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

Deno.test("mistakes with schemas name the payload or the event types that there are, in short texts", async () => {
  const program = `
    import { createPubSub, createWebSocketServerEventTarget, type PubSub } from "@alkdev/pubsub";
    import { defineEvents, type } from "@alkdev/pubsub/schemas";
    import * as v from "valibot";
    const events = defineEvents({
      built: v.object({ at: v.pipe(v.string(), v.transform((text) => new Date(text))) }),
      moved: v.object({ x: v.number() }),
      said: type<string>(),
    });
    const pubsub = createPubSub({ events });
    ${MISTAKES.map(([mistake]) => mistake).join("\n    ")}
  `;
  const root = new URL("../../../", import.meta.url);
  const { code, stderr } = await withFiles({ "mistakes.ts": program }, async (folder) => {
    const command = [
      Deno.execPath(),
      "check",
      "--config",
      `${root.pathname}deno.json`,
      `${folder}mistakes.ts`,
    ];
    return await startProcess(command, { timeoutMs: 60_000 }).ended;
  });
  assertEquals(code, 1);
  const texts = stderr.split(/\n(?=TS\d+ \[ERROR\])/);
  assert(stderr.includes(`Found ${MISTAKES.length} errors.`), stderr);
  for (const parts of MISTAKES) {
    const [mistake, ...said] = parts;
    const found = texts.find((text) =>
      text.includes(mistake.slice(0, 40)) && said.every((part) => text.includes(part))
    );
    assert(found, `${parts.join("\n")}\n${stderr}`);
    assert(found.split("\n").length <= 20, found);
  }
});
