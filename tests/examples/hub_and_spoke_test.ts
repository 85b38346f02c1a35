import { assertEquals } from "@std/assert";
import { eventually } from "../support/eventually.ts";
import { startProgram } from "../support/program.ts";

Deno.test("the spoke of the examples joins their hub, prints three statuses, and leaves", async () => {
  await using hub = startProgram("examples/hub.ts", "0");
  const url = await eventually(() => {
    const port = [...hub.out, ...hub.err].join("\n").match(/127\.0\.0\.1:(\d+)/)?.[1];
    return port !== undefined && `ws://127.0.0.1:${port}`;
  }, { timeoutMs: 20_000 });
  await using spoke = startProgram("examples/spoke.ts", String(url));
  assertEquals([await spoke.ended, spoke.err], [0, []]);
  const states = spoke.out.map((line) => line.replace("proj_123 ", ""));
  const alternating = states[0] === "idle" ? ["idle", "running", "idle"] : ["running", "idle", "running"];
  assertEquals(states, alternating);
  assertEquals(hub.out.at(-1), "spoke_1 the first spoke");
});
