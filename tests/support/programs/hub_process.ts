/** A hub as a process. Prints its URL, then publishes a count until killed. */
import { serveHub } from "../hubs.ts";

const served = serveHub({ onError: (error) => console.error(error) });
console.log(served.url);
let n = 0;
setInterval(() => served.hub.publish({ type: "tick", id: "1", payload: n++ }), 1);
