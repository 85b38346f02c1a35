/**
 * The hub of the demo, a process of its own. Prints a JSON object a line: `{ url }`, then each event that it
 * published, and `{ handled }`, how many, once its spokes have handled them all.
 *
 * It is told on stdin: `start` publishes the machine's readings, now and every 100 ms; `stop` ends that. It
 * ends with stdin, and so with whoever started it, however that ends.
 *
 * @module
 */
import { createPubSub } from "@alkdev/pubsub";
import { lines } from "../lib/lines.ts";
import { startHub } from "../tools/hub.ts";
import { type ReadingEvents, readMachine } from "./readings.ts";

const INTERVAL_MS = 100;

const hub = startHub();
const pubsub = createPubSub<ReadingEvents>({ eventTarget: hub.eventTarget });
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

print({ url: hub.url });
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
await hub.close();
// Not left to end by itself: Deno waits up to 15 s for the idle timer of a WebSocket whose peer was killed.
Deno.exit();
