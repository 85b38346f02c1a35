/**
 * One end of a connection over Iroh, bundled for other runtimes: a spoke of the hub whose ticket is its argument, or a hub
 * that prints its ticket. Sends each `there` back as `back`, and exits when the other end closes.
 */
import { EndpointTicket } from "@number0/iroh";
import process from "node:process";
import { createSpokeIrohEventTarget } from "@alkdev/pubsub/event-target-iroh";
import { ALPN, bindLocal, serveIrohHub } from "../iroh.ts";

async function openSpoke(ticket: string) {
  const endpoint = await bindLocal(false);
  const connection = await endpoint.connect(EndpointTicket.fromString(ticket).endpointAddr(), ALPN);
  const spoke = createSpokeIrohEventTarget(connection);
  spoke.closed.then(() => endpoint.close()).then(() => process.exit());
  return spoke;
}

async function openHub() {
  const { hub, endpoint } = await serveIrohHub({ onDisconnection: () => process.exit() });
  console.log(String(EndpointTicket.fromAddr(endpoint.addr())));
  return hub;
}

const [ticket] = process.argv.slice(2);
const target = ticket === undefined ? await openHub() : await openSpoke(ticket);
target.listen("there", undefined, {
  onEvent: ({ id, payload }) => target.publish({ type: "back", id, payload }),
});
