import { assert, assertEquals } from "@std/assert";
import { eventually } from "../support/eventually.ts";
import { startProgram } from "../support/program.ts";
import { openProxy } from "../support/tcp_proxy.ts";

Deno.test("the journal of the examples has each event once, though it is killed and cut off again and again under load", async () => {
  const path = await Deno.makeTempFile({ suffix: ".txt" });
  const numbers = async () => {
    const lines = (await Deno.readTextFile(path)).split("\n").slice(0, -1);
    return lines.map((line) => Number(line.split(" ")[1]));
  };
  await using hub = startProgram("examples/history/hub.ts", "0");
  const port = await eventually(() => {
    return [...hub.out, ...hub.err].join("\n").match(/127\.0\.0\.1:(\d+)/)?.[1] ?? false;
  }, { timeoutMs: 20_000 });
  await using proxy = await openProxy(Number(port));
  const url = `ws://127.0.0.1:${proxy.port}`;
  let count = 0;
  const grows = () => eventually(async () => (await numbers()).length > count + 200, { timeoutMs: 20_000 });
  for (let life = 0; life < 4; life++) {
    await using journal = startProgram("examples/history/journal.ts", path, url);
    await grows();
    proxy.cut();
    await eventually(() => journal.out.includes("recovered"), { timeoutMs: 20_000 });
    count = (await numbers()).length;
    await grows();
    journal.kill("SIGKILL");
    await journal.ended;
    // The unread rest of a line that was being written must not be taken for an event.
    if (life === 1) await Deno.writeTextFile(path, "abc", { append: true });
    count = (await numbers()).length;
    assertEquals(journal.out.includes("gap"), false);
  }
  const all = await numbers();
  assert(all.length > 1000);
  assertEquals(all, all.map((_, i) => i + 1));

  // A position that the hub does not know ends the program.
  await Deno.writeTextFile(path, "another.100001 7\n");
  await using lost = startProgram("examples/history/journal.ts", path, url);
  assertEquals(await lost.ended, 1);
  assert(lost.err.some((line) => line.includes("has forgotten")));
  await Deno.remove(path);
});
