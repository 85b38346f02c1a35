import { assertEquals } from "@std/assert";
import { EndpointTicket } from "@number0/iroh";
import type { PubSubEventTarget } from "@alkdev/pubsub";
import { createSpokeIrohEventTarget } from "@alkdev/pubsub/event-target-iroh";
import { startProcess } from "../../../scripts/lib/process.ts";
import { eventually } from "../../support/eventually.ts";
import { ALPN, bindLocal, serveIrohHub } from "../../support/iroh.ts";
import { BUN, bundle, NODE_20, NODE_22, NODE_24, testSideBySide } from "../../support/runtimes.ts";

const RUNTIMES = { "Node 20": NODE_20, "Node 22": NODE_22, "Node 24": NODE_24, "Bun": BUN };

testSideBySide(
  Object.entries(RUNTIMES).map(([name, runtime]) => ({
    name: `Iroh event targets conform on ${name}, in both directions`,
    runtime,
    tests: "iroh_conformance.ts",
    atLeast: 70,
  })),
);

/** Sends events there, and waits until they are back: single ones, and batches that are deflated. */
async function sendThereAndBack(target: PubSubEventTarget): Promise<void> {
  const back: unknown[] = [];
  target.listen("back", undefined, { onEvent: ({ payload }) => void back.push(payload) });
  const payloads = Array.from({ length: 2000 }, (_, n) => ({ n, text: "hé 🎈" }));
  for (const payload of payloads.slice(0, 10)) {
    target.publish({ type: "there", id: "1", payload });
    await new Promise((resolve) => setTimeout(resolve));
  }
  for (const payload of payloads.slice(10)) target.publish({ type: "there", id: "1", payload });
  await eventually(() => assertEquals(back, payloads));
}

const ECHOES = { "node": NODE_20, "node@22": NODE_22, "node@24": NODE_24, "bun@1.4": BUN };

for (const [name, runtime] of Object.entries(ECHOES)) {
  Deno.test(`a hub and a spoke over Iroh understand each other, one in Deno and one in ${name}`, async () => {
    await using bundled = await bundle("iroh_echo.ts");
    const echo = [...await runtime.program(), bundled.path];

    await using served = await serveIrohHub();
    const spoke = startProcess([...echo, String(EndpointTicket.fromAddr(served.endpoint.addr()))]);
    await eventually(() => served.hub.topicCount === 1, { timeoutMs: 30_000 });
    await sendThereAndBack(served.hub);
    assertEquals(served.faults, []);
    await served.hub.close();
    assertEquals((await spoke.ended).code, 0);

    const hub = startProcess(echo);
    const ticket = EndpointTicket.fromString(await hub.firstLine);
    const endpoint = await bindLocal(false);
    const connection = await endpoint.connect(ticket.endpointAddr(), ALPN);
    const link = createSpokeIrohEventTarget(connection);
    await sendThereAndBack(link);
    await link.close();
    assertEquals((await hub.ended).code, 0);
    await endpoint.close();
  });
}
