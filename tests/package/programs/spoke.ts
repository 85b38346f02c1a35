/** A spoke as a process, in Deno, Node or Bun: `spoke <hub URL> <id>`. Prints its report as JSON. */
import process from "node:process";
// @ts-types="../../support/ws.d.ts"
import { WebSocket as NodeWebSocket } from "ws";
import { runSpoke } from "./_spoke.ts";

const [url = "", id = ""] = process.argv.slice(2);
// Node 20 has no WebSocket.
const hasOwn = typeof WebSocket === "function";
console.log(JSON.stringify(await runSpoke(url, id, hasOwn ? WebSocket : NodeWebSocket)));
