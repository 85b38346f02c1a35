import { assertEquals, assertRejects } from "@std/assert";
import { EndpointTicket } from "@number0/iroh";
import { ConnectionLostError, createPubSub } from "@alkdev/pubsub";
import { createSpokeIrohEventTarget } from "@alkdev/pubsub/event-target-iroh";
import { ALPN, bindLocal } from "../support/iroh.ts";
import { startProcess } from "../support/processes.ts";

Deno.test("without a heartbeat, QUIC itself finds a hub process that is killed, within half a minute", async () => {
  await using hub = await startProcess("iroh_hub_process.ts");
  const endpoint = await bindLocal(false);
  const connection = await endpoint.connect(EndpointTicket.fromString(hub.line).endpointAddr(), ALPN);
  const faults: string[] = [];
  const link = createSpokeIrohEventTarget(connection, {
    onError: (error) => void faults.push(String(error)),
  });
  const subscription = createPubSub<{ tick: number }>({ eventTarget: link }).subscribe("tick");
  await subscription.ready;
  hub.kill();
  const error = await assertRejects(async () => {
    for await (const _tick of subscription);
  }, ConnectionLostError);
  assertEquals([error.code, error.reason], [1006, "timed out"]);
  assertEquals(faults, ["Error: The connection was lost: timed out"]);
  assertEquals(await connection.closed(), "timed out");
  await endpoint.close();
});
