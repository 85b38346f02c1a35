import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { EndpointTicket } from "@number0/iroh";
import { ConnectionLostError, createPubSub, type EventTargetStatus } from "@alkdev/pubsub";
import { createSpokeIrohEventTarget } from "@alkdev/pubsub/event-target-iroh";
import { eventually } from "../../support/eventually.ts";
import { ALPN, bindLocal, openIrohLink, serveIrohHub } from "../../support/iroh.ts";
import { startProcess } from "../../support/processes.ts";

Deno.test("a killed spoke process is detected by the heartbeat, and the others miss nothing", async () => {
  await using served = await serveIrohHub({ heartbeatMs: 300 });
  await using open = await openIrohLink(served.endpoint);
  const received: unknown[] = [];
  open.link.listen("tick", undefined, { onEvent: ({ payload }) => void received.push(payload) });
  await open.link.flush();
  const ticket = String(EndpointTicket.fromAddr(served.endpoint.addr()));
  await using victim = await startProcess("iroh_spoke_process.ts", ticket);
  assertEquals([victim.line, served.hub.connectionCount], ["ready", 2]);
  victim.kill();
  const start = performance.now();
  const error = await served.spokes[1]?.closed;
  assertInstanceOf(error, ConnectionLostError);
  assertEquals([error.code, error.reason], [4408, "no sign of life for 600 ms"]);
  // QUIC itself takes 30 seconds.
  assert(performance.now() - start < 5000, `it took ${performance.now() - start} ms`);
  served.hub.publish({ type: "tick", id: "1", payload: 0 });
  await open.link.flush();
  assertEquals([received, open.link.status.state, served.hub.connectionCount], [[0], "open", 1]);
  await eventually(() => served.hub.closingCount === 0);
});

Deno.test("a killed hub process is detected by a link's heartbeat", async () => {
  await using hub = await startProcess("iroh_hub_process.ts");
  const endpoint = await bindLocal(false);
  const connection = await endpoint.connect(EndpointTicket.fromString(hub.line).endpointAddr(), ALPN);
  const link = createSpokeIrohEventTarget(connection, { heartbeatMs: 300 });
  const subscription = createPubSub<{ tick: number }>({ eventTarget: link }).subscribe("tick");
  let last = (await subscription.next()).value?.payload ?? NaN;
  hub.kill();
  const error = await assertRejects(async () => {
    for await (const { payload } of subscription) assertEquals(payload, ++last);
  }, ConnectionLostError);
  assertEquals([error.code, error.reason], [4408, "no sign of life for 600 ms"]);
  // Events that were sent to it never arrive.
  await connection.closed();
  await endpoint.close();
});

Deno.test("a spoke with a function reconnects to the hub process that replaces a killed one", async () => {
  await using stack = new AsyncDisposableStack();
  const first = stack.use(await startProcess("iroh_hub_process.ts"));
  let ticket = first.line;
  const endpoint = await bindLocal(false);
  const lost: EventTargetStatus[] = [];
  const spoke = createSpokeIrohEventTarget(
    () => endpoint.connect(EndpointTicket.fromString(ticket).endpointAddr(), ALPN),
    {
      heartbeatMs: 300,
      reconnectDelayMs: 10,
      onStatus: (status) => void (status.state === "reconnecting" && lost.push(status)),
      onError() {},
    },
  );
  const ticks = createPubSub<{ tick: number }>({ eventTarget: spoke }).subscribe("tick");
  await ticks.next();
  ticket = stack.use(await startProcess("iroh_hub_process.ts")).line;
  first.kill();
  // Events of the first hub may still be in flight.
  for await (const _tick of ticks) if (spoke.status.state === "open" && lost.length > 0) break;
  assertEquals([lost[0]?.code, lost[0]?.reason], [4408, "no sign of life for 600 ms"]);
  await spoke.close();
  await endpoint.close();
});
