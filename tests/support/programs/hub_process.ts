/** A hub as a process, on the port in its argument. Prints its URL, then publishes a count until killed. */
import { serveHub } from "../hubs.ts";

const served = serveHub({ onError: (error) => console.error(error) }, Number(Deno.args[0] ?? 0));
console.log(served.url);
let n = 0;
setInterval(() => served.hub.publish({ type: "tick", id: "1", payload: n++ }), 1);
