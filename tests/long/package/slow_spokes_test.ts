// Spokes that do not read, on hubs in the servers of other people.

import { assertEquals, assertMatch } from "@std/assert";
import { createPubSub, createWebSocketClientEventTarget } from "@alkdev/pubsub";
import { eventually } from "../../support/eventually.ts";
import { InteractiveProgram } from "../../support/interactive_program.ts";
import type { InstalledPackage } from "../../support/package.ts";
import { connectRaw } from "../../support/raw_websocket.ts";
import { HANDLED, installServers } from "../../support/servers.ts";

const FLOOD = { type: "__subscribe", id: "1", payload: { topics: ["flooded"] } };

let installed: InstalledPackage;

Deno.test.beforeAll(async () => {
  installed = await installServers();
});

Deno.test.afterAll(async () => {
  await installed[Symbol.asyncDispose]();
});

for (const [server, runtime, program] of HANDLED) {
  Deno.test(`a hub over the handlers of ${server} on ${runtime} drops a spoke that reads nothing, and another one misses nothing`, async () => {
    const command = [...await program(), "logging_hub.ts", server];
    await using hub = new InteractiveProgram(command, installed.project.folder);
    const port = Number(JSON.parse(await hub.printed(/^\["port"/))[1]);
    using stalled = await connectRaw(port);
    await stalled.sendText(JSON.stringify(FLOOD));
    const link = createWebSocketClientEventTarget(new WebSocket(`ws://127.0.0.1:${port}/?name=other`));
    const pubsub = createPubSub<Record<string, unknown>>({ eventTarget: link });
    let heard = 0;
    pubsub.on("flooded", () => heard++);
    await link.flush();
    pubsub.publish("flood", "1", { count: 30 });
    await hub.printed(/^\["backpressure",""\]$/);
    await eventually(() => assertEquals(heard, 3000), { timeoutMs: 20_000 });
    await link.close();
    await hub.printed(/^\["disconnection","other"\]$/);
    const faults = hub.lines.filter((line) => line.startsWith('["fault"'));
    assertEquals(faults.length, 1, hub.lines.join("\n"));
    assertMatch(faults.join(), /reads too slowly/);
    assertEquals(hub.lines.filter((line) => line === '["disconnection",""]').length, 1);
  });
}
