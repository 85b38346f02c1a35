// What a user sees on the console of each runtime.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { startProcess } from "../../scripts/lib/process.ts";
import { BUN, bundle, NODE_22, NODE_24, type Runtime } from "../support/runtimes.ts";

const DENO: Pick<Runtime, "program"> = {
  program: () => Promise.resolve([Deno.execPath(), "run", "-A"]),
};

/** What objects show, without the white space, the quotes and the last commas that differ between runtimes. */
const SHOWN = [
  "PubSub{listeners:1,eventTarget:InProcessEventTarget{status:{state:open},published:{total:1,",
  "InProcessEventTarget{status:{state:open},published:{total:1,handedOver:1},heard:{total:1,delivered:1}," +
  "listeners:{topics:1,count:1}}",
  "Subscription{topic:news:1,ready:true,ended:false,buffered:1,dropped:0}",
  "{subscription:Subscription{topic:news:1,ready:true,ended:true,buffered:1,dropped:0}}",
  "WebSocketSpokeEventTarget{status:{state:open},topics:Set(0){}}",
  "WebSocketServerEventTarget{status:{state:open},published:{total:1,dropped:{unheard:1}}," +
  "connections:{current:1,opened:1}}",
  "WorkerHostEventTarget{status:{state:open},published:{total:1,handedOver:1},",
  "connections:{current:1,opened:1},subscribers:{topics:1,count:1,handedOver:1,",
  "WorkerThreadEventTarget{status:{state:open},listeners:{topics:1,count:1},",
  "heard:{total:1,delivered:1,",
  "Subscription{topic:news:1,ready:true,ended:false,buffered:1,dropped:0,past:0,gaps:0}",
  "WebSocketClientEventTarget{status:{state:connecting}}",
];

const RUNTIMES = { "Deno": DENO, "Node 22": NODE_22, "Node 24": NODE_24, "Bun": BUN };

Deno.test("each object shows what it is and how it stands, and a failed attempt its URL and its number", async (t) => {
  await using program = await bundle("printed.ts");
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const outputs = await Promise.all(
    Object.entries(RUNTIMES).map(async ([name, runtime]) => {
      const command = [...await runtime.program(), program.path, String(port)];
      return [name, await startProcess(command, { timeoutMs: 60_000 }).ended] as const;
    }),
  );
  for (const [name, { code, stdout, stderr }] of outputs) {
    await t.step(name, () => {
      assertEquals(code, 0, stderr);
      const shown = stdout.replace(/[\s"']/g, "").replaceAll(",}", "}");
      let at = 0;
      for (const text of SHOWN) {
        const next = shown.indexOf(text, at);
        assert(next >= at, `${text}\nis not in\n${shown.slice(at)}`);
        at = next + text.length;
      }
      const lines = stderr.trim().split("\n").filter((line) => line.startsWith("[@alkdev/pubsub]"));
      assertEquals(lines.length, 3, stderr);
      for (const [i, line] of lines.entries()) {
        const where = `WebSocketClientEventTarget connect ws://127.0.0.1:${port}/events (attempt ${i + 1}): `;
        assert(line.startsWith(`[@alkdev/pubsub] ${where}`), line);
        // A reason follows, which is not only the name of an error.
        assertMatch(line.slice(line.indexOf("): ") + 3), /^\w+: \w+/);
      }
      assertEquals((stdout + stderr).includes("secret"), false, stdout + stderr);
    });
  }
});
