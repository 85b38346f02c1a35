import { assertEquals } from "@std/assert";
import { EndpointTicket } from "@number0/iroh";
import type { PubSubEventTarget } from "@alkdev/pubsub";
import { createSpokeIrohEventTarget } from "@alkdev/pubsub/event-target-iroh";
import { eventually } from "../_eventually.ts";
import { ALPN, bindLocal, serveIrohHub } from "../fixtures/iroh.ts";
import { BUN, bundleFor, NODE_20, NODE_22, NODE_24, testOn } from "../fixtures/other_runtimes.ts";
import { RUNTIMES } from "../fixtures/runtimes.ts";

for (
  const [name, runtime] of [["Node 20", NODE_20], ["Node 22", NODE_22], ["Node 24", NODE_24], [
    "Bun",
    BUN,
  ]] as const
) {
  Deno.test(`Iroh event targets conform on ${name}, in both directions`, async () => {
    await testOn(runtime, "_iroh_conformance.ts", 70);
  });
}

for (const [name, runtime] of [["Node 24", NODE_24], ["Bun", BUN]] as const) {
  Deno.test(`what is tested of Iroh in Deno without processes holds on ${name} too`, async () => {
    await testOn(runtime, "_iroh_tests.ts", 70);
  });
}

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

for (const command of RUNTIMES) {
  const [executable = "", ...args] = command;
  Deno.test(`a hub and a spoke over Iroh understand each other, one in Deno and one in ${command.at(-1)}`, async () => {
    await using bundled = await bundleFor("_iroh_echo.ts");
    const start = (...ticket: string[]) =>
      new Deno.Command(executable, { args: [...args, bundled.path, ...ticket], stdout: "piped" }).spawn();

    await using served = await serveIrohHub();
    const spoke = start(String(EndpointTicket.fromAddr(served.endpoint.addr())));
    await eventually(() => served.hub.topicCount === 1, { timeoutMs: 60_000 });
    await sendThereAndBack(served.hub);
    assertEquals(served.faults, []);
    await served.hub.close();
    assertEquals((await spoke.output()).code, 0);

    const hub = start();
    const reader = hub.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const { value: ticket = "" } = await reader.read();
    const endpoint = await bindLocal(false);
    const connection = await endpoint.connect(EndpointTicket.fromString(ticket.trim()).endpointAddr(), ALPN);
    const link = createSpokeIrohEventTarget(connection);
    await sendThereAndBack(link);
    await link.close();
    assertEquals((await hub.status).code, 0);
    await reader.cancel();
    await endpoint.close();
  });
}
