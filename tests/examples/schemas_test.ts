import { assertEquals } from "@std/assert";
import { eventually } from "../support/eventually.ts";
import { startProgram } from "../support/program.ts";

Deno.test("the spoke of the schemas learns what the hub refuses, and both get the output of the schema", async () => {
  await using hub = startProgram("examples/schemas/hub.ts", "0");
  const url = await eventually(() => {
    const port = [...hub.out, ...hub.err].join("\n").match(/127\.0\.0\.1:(\d+)/)?.[1];
    return port !== undefined && `ws://127.0.0.1:${port}`;
  }, { timeoutMs: 20_000 });
  await using spoke = startProgram("examples/schemas/spoke.ts", String(url));
  assertEquals([await spoke.ended, spoke.err], [0, []]);
  assertEquals(spoke.out.toSorted(), [
    'received "hello" of a Date',
    "refused message.sent:lobby: invalid payload: text: Invalid length: Expected <=2000 but received 2001",
    "refused message.sent:lobby: not authorized",
  ]);
  await eventually(() => assertEquals(hub.out.at(-1), `lobby ${new Date().getUTCFullYear()} ada: hello`));
});
