/**
 * The hub of the demo, as a process of its own: that of the hub program. Prints a JSON object a line: first `{ url }`, then
 * each published event, and `{ handled }` with their number once the spokes have handled all of them. With `--live` it serves
 * the live page, and the first line has its link as `page`.
 *
 * It reads commands from stdin: `start` publishes the readings of the machine now and every 100 ms, and `stop` ends that.
 * It ends with its stdin, and so with the process that started it.
 *
 * @module
 */
import { createPubSub } from "@alkdev/pubsub";
import { startLivePage } from "../../hub/live/live_page.ts";
import { loadAssets } from "../../hub/live/load_assets.ts";
import { startHub } from "../../hub/start_hub.ts";
import { lines } from "../lib/lines.ts";
import { type ReadingEvents, readMachine } from "./readings.ts";

const INTERVAL_MS = 100;

const HOSTNAME = "127.0.0.1";

const hub = await startHub({ hostname: HOSTNAME, port: 0, live: false, key: [], origin: [], history: {} });
const assets = Deno.args.includes("--live") ? await loadAssets() : undefined;
const page = assets && await startLivePage(hub.shown, assets, { hostname: HOSTNAME, port: 0 });
const pubsub = createPubSub<ReadingEvents>({ eventTarget: hub.hub });
let seq = 0;
let timer: ReturnType<typeof setInterval> | undefined;

function publishReadings(): void {
  for (const [type, id, value] of readMachine()) {
    const payload = { seq: ++seq, sentAt: performance.timeOrigin + performance.now(), value };
    pubsub.publish(type, id, payload);
    print({ type, id, payload });
  }
}

function print(message: object): void {
  console.log(JSON.stringify(message));
}

print({ url: `${hub.url.replace("http", "ws")}/events`, page: page?.url });
for await (const command of lines(Deno.stdin.readable)) {
  clearInterval(timer);
  if (command === "start") {
    timer = setInterval(publishReadings, INTERVAL_MS);
    publishReadings();
  } else if (command === "stop") {
    await pubsub.flush();
    print({ handled: seq });
  }
}
clearInterval(timer);
await Promise.all([hub.close(), page?.close()]);
// Without exit(), Deno waits up to 15 s for the idle timer of a WebSocket whose peer was killed.
Deno.exit();
