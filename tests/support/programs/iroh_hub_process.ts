/** A hub over Iroh as a process. Prints its ticket, then publishes a count every millisecond until killed. */
import { EndpointTicket } from "@number0/iroh";
import { serveIrohHub } from "../iroh.ts";

const served = await serveIrohHub({ onError: (error) => console.error(error) });
console.log(String(EndpointTicket.fromAddr(served.endpoint.addr())));
let n = 0;
setInterval(() => served.hub.publish({ type: "tick", id: "1", payload: n++ }), 1);
