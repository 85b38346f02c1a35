/** A spoke over Iroh as a process. Subscribes at the hub whose ticket is its argument, prints a line, and reads until killed. */
import { EndpointTicket } from "@number0/iroh";
import { createPubSub } from "@alkdev/pubsub";
import { createSpokeIrohEventTarget } from "@alkdev/pubsub/event-target-iroh";
import { ALPN, bindLocal } from "../iroh.ts";

const endpoint = await bindLocal(false);
const connection = await endpoint.connect(EndpointTicket.fromString(Deno.args[0] ?? "").endpointAddr(), ALPN);
const eventTarget = createSpokeIrohEventTarget(connection);
const subscription = createPubSub({ eventTarget }).subscribe("tick");
await subscription.ready;
console.log("ready");
for await (const _event of subscription);
