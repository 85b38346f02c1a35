// What the channel of node:diagnostics_channel says on each runtime.

import { assertEquals } from "@std/assert";
import { startProcess } from "../../../scripts/lib/process.ts";
import { BUN, bundle, NODE_20, type Runtime } from "../../support/runtimes.ts";

const DENO: Pick<Runtime, "program"> = {
  program: () => Promise.resolve([Deno.execPath(), "run", "-A"]),
};

const RUNTIMES = { "Deno": DENO, "Node 20": NODE_20, "Bun": BUN };

const SPOKE = "WebSocketSpokeEventTarget";

const EXPECTED = [
  ["subscription", SPOKE, { topic: "news", active: true }],
  ["refusal", SPOKE, { topic: "secret", reason: "not authorized", by: "authorize" }],
  ["fault", SPOKE, { stage: "subscribe", topic: "secret", error: 'Cannot subscribe a spoke to "secret"' }],
  "onError",
  ["subscription", SPOKE, { topic: "news", active: false }],
  ["refusal", SPOKE, { topic: "news", reason: "revoked", by: "revoked" }],
  ["fault", SPOKE, { stage: "decode", error: "Cannot decode a frame" }],
  "onError",
  ["subscription", SPOKE, { topic: "weather", active: false }],
  ["status", SPOKE, { status: "closed" }],
];

Deno.test("a channel reports statuses, faults, subscriptions and refusals to those who listen", async (t) => {
  await using program = await bundle("diagnostics.ts");
  const outputs = await Promise.all(
    Object.entries(RUNTIMES).map(async ([name, runtime]) => {
      const command = [...await runtime.program(), program.path];
      return [name, await startProcess(command, { timeoutMs: 60_000 }).ended] as const;
    }),
  );
  for (const [name, { code, stdout, stderr }] of outputs) {
    await t.step(name, () => {
      assertEquals(code, 0, stderr);
      assertEquals(stdout.trim().split("\n").map((line) => JSON.parse(line)), EXPECTED);
    });
  }
});
