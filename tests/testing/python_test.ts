// A client in another language, of its standard library alone: it passes the transcripts, and speaks to a real hub.

import { assertEquals, assertMatch } from "@std/assert";
import { fileURLToPath } from "node:url";
import { runProcess } from "../../scripts/lib/process.ts";
import { eventually } from "../support/eventually.ts";
import { serveHub, serveNodeHub } from "../support/hubs.ts";
import { InteractiveProgram } from "../support/interactive_program.ts";

const PYTHON = "python3";
const INSTALL = "Cannot run python3: install it (on Debian: apt-get install -y python3)";
const folder = fileURLToPath(new URL("../../examples/python", import.meta.url));
const env = { PYTHONDONTWRITEBYTECODE: "1" };

Deno.test.beforeAll(async () => {
  try {
    await runProcess([PYTHON, "--version"]);
  } catch (error) {
    throw new Error(INSTALL, { cause: error });
  }
});

Deno.test("the client in Python passes the transcripts", async () => {
  const book = fileURLToPath(new URL("../../docs/architecture/transcripts.json", import.meta.url));
  const output = await runProcess([PYTHON, "play_transcripts.py", book], { cwd: folder, env });
  assertMatch(output, /^16 transcripts passed$/m);
});

Deno.test("a transcript that does not hold fails", async () => {
  const hello = [{ client: { type: "__hello", id: "other" } }];
  const book = await Deno.makeTempFile({ suffix: ".json" });
  await Deno.writeTextFile(book, JSON.stringify({ hello, transcripts: [{ name: "wrong", steps: [] }] }));
  const outcome = await Promise.allSettled([
    runProcess([PYTHON, "play_transcripts.py", book], { cwd: folder, env }),
  ]);
  await Deno.remove(book);
  assertMatch(String(outcome[0].status === "rejected" && outcome[0].reason), /wrong: /);
});

for (const [name, serve] of [["Deno", serveHub], ["npm:ws", serveNodeHub]] as const) {
  Deno.test(`the client in Python exchanges events with a hub on ${name}`, async () => {
    await using served = await serve({ authorize: ({ type }) => type !== "secret" });
    const heard: unknown[] = [];
    served.hub.listen("spoke.joined", "python", { onEvent: ({ payload }) => void heard.push(payload) });
    const command = [PYTHON, "spoke.py", served.url, "news", "secret:1"];
    await using spoke = new InteractiveProgram(command, folder, env);
    await spoke.printed(/flushed/);
    assertEquals(spoke.lines.map((line) => JSON.parse(line)), [
      { sees: "ready", topic: "news" },
      { sees: "refused", topic: "secret:1" },
      { sees: "flushed" },
    ]);
    assertEquals(heard, [{ name: "a spoke in Python" }]);
    const payloads = ["hé 🎈", "x".repeat(70_000), ...Array.from({ length: 1000 }, (_, i) => i)];
    for (const payload of payloads) served.hub.publish({ type: "news", id: "1", payload });
    await eventually(() => assertEquals(spoke.lines.length, 3 + payloads.length), { timeoutMs: 20_000 });
    assertEquals(spoke.lines.slice(3).map((line) => JSON.parse(line).event.payload), payloads);
    await served.hub.close(() => true, { code: 4403, reason: "enough" });
    await spoke.printed(/ended/);
    assertEquals(JSON.parse(spoke.lines.at(-1) ?? ""), { sees: "ended", code: 4403, reason: "enough" });
    assertEquals(await spoke.end(), { code: 0, stderr: "" });
  });
}
