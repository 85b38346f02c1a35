// The texts of the compiler that a user sees most often.

import { assert, assertEquals } from "@std/assert";
import { startProcess } from "../../scripts/lib/process.ts";
import { withFiles } from "../support/temp_files.ts";

const NAMES = ['"session.status"', '"build.finished"', '"ping"'];

/** A mistake, and parts of what the compiler says. */
const MISTAKES: readonly (readonly [mistake: string, ...texts: string[]])[] = [
  [
    'pubsub.publish("sesion.status", "1", { state: "idle" });',
    ...NAMES,
  ],
  ['pubsub.subscribe("sesion.status");', ...NAMES],
  ['pubsub.on("sesion.status", () => {});', ...NAMES],
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

Deno.test("a misspelt event type lists the names there are, and other mistakes have short texts", async () => {
  const program = `
    import { createInProcessEventTarget, createPubSub, createWebSocketServerEventTarget } from "@alkdev/pubsub";
    interface Events {
      "session.status": { state: "idle" | "running" };
      "build.finished": { ok: boolean };
      ping: void;
    }
    const pubsub = createPubSub<Events>();
    ${MISTAKES.map(([mistake]) => mistake).join("\n    ")}
  `;
  const root = new URL("../../", import.meta.url);
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
    const found = texts.some((text) => parts.every((part) => text.includes(part)));
    assert(found, `${parts.join("\n")}\n${stderr}`);
  }
});
