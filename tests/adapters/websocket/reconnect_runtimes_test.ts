import { assertEquals } from "@std/assert";
import { eventually } from "../../support/eventually.ts";
import { serveHub } from "../../support/hubs.ts";
import { BUN, bundle, NODE_20, NODE_22, NODE_24 } from "../../support/runtimes.ts";
import { openProxy } from "../../support/tcp_proxy.ts";

const RUNTIMES = { "Node 20": NODE_20, "Node 22": NODE_22, "Node 24": NODE_24, "Bun": BUN };

Deno.test("spokes in Node 20, 22 and 24 and in Bun reconnect to their hub", async (t) => {
  await using bundled = await bundle("reconnecting_spoke.ts");
  for (const [name, runtime] of Object.entries(RUNTIMES)) {
    await t.step(name, async () => {
      const [command = "", ...args] = await runtime.program();
      await using served = serveHub();
      await using proxy = await openProxy(served.port);
      proxy.refuse();
      const joined: string[] = [];
      served.hub.listen("joined", undefined, { onEvent: ({ id }) => void joined.push(id) });
      const child = new Deno.Command(command, {
        args: [...args, bundled.path, `ws://127.0.0.1:${proxy.port}`],
        env: { NO_COLOR: "1" },
        stdout: "piped",
        stderr: "inherit",
      }).spawn();
      const lines: string[] = [];
      const reading = (async () => {
        for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
          lines.push(...text.split("\n").filter((line) => line !== ""));
        }
      })();
      const has = (...expected: string[]) => () => expected.every((line) => lines.includes(line));
      // A connection that fails: Node 22 reports it by an error alone.
      await eventually(has("connecting 1006"), { timeoutMs: 60_000 });
      proxy.accept();
      await eventually(() => has("open")() && served.hub.topicCount === 1);
      served.hub.publish({ type: "n", id: "first", payload: null });
      await eventually(has("event first"));
      proxy.refuse();
      await eventually(has("reconnecting 1006"));
      proxy.accept();
      await eventually(has("open gap"));
      served.hub.publish({ type: "n", id: "last", payload: null });
      const { code } = await child.status;
      await reading;
      const distinct = lines.filter((line, i) => line !== lines[i - 1]);
      assertEquals([code, distinct, joined], [0, [
        "connecting 1006",
        "open",
        "event first",
        "reconnecting 1006",
        "open gap",
        "event last",
        "closed",
      ], ["1", "1"]]);
    });
  }
});
