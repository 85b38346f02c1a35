import { assert, assertEquals } from "@std/assert";
import { eventually } from "../../support/eventually.ts";
import { serveHub, serveNodeHub } from "../../support/hubs.ts";
import { openReconnectingLink } from "../../support/links.ts";

for (const [name, serve] of Object.entries({ "Deno": serveHub, "npm:ws": serveNodeHub })) {
  Deno.test(`a hub that gets its sockets late reports that it missed the hello, on ${name}`, async () => {
    await using served = await serve();
    served.lateMs = 100;
    await using link = openReconnectingLink(served.url, { connectTimeoutMs: 400 });
    await eventually(() => assert(served.faults.length >= 2), { timeoutMs: 5000 });
    served.lateMs = undefined;
    await eventually(() => assertEquals(link.states().at(-1), "open, gap"), { timeoutMs: 5000 });
    const fault = "A link left, since its hello was not answered: frames before addConnection are lost";
    const reports = served.faults.map(({ error, context }) => `${context.stage} ${error}`);
    assertEquals(new Set(reports), new Set([`connect Error: ${fault}`]));
  });
}
