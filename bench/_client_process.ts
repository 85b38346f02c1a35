// The clients of a hub, started by `_clients.ts`. The process reports when all have connected, and whenever all have
// received the next burst in order. It publishes on command.

import { setImmediate } from "node:timers";
import { lines } from "../scripts/lib/lines.ts";
import type { Order, Task, Told } from "./_clients.ts";
import { CONNECT, type Publish } from "./_connect.ts";
import type { Status } from "./_load.ts";

/** The number of clients that connect at the same time. */
const CONNECTING = 50;

const { port, protocol, count, burst }: Task = JSON.parse(Deno.args[0] ?? "");
const clients: Publish[] = [];
let unfinished = count;
let latencies: number[] = [];

const fail = (error: string): void => tell({ kind: "error", error });
for (let i = 0; i < count; i += CONNECTING) {
  const batch = Array.from({ length: Math.min(CONNECTING, count - i) }, (_, n) => i + n);
  clients.push(
    ...await Promise.all(batch.map((n) => CONNECT[protocol](port, reader(n === count - 1), fail))),
  );
}
tell({ kind: "connected" });
// The pipe ends with the process that started this one.
for await (const line of lines(Deno.stdin.readable)) await publish(JSON.parse(line));
Deno.exit();

/** Checks that no event is missing, arrives twice or overtakes another. */
function reader(timed: boolean): (status: Status) => void {
  let next = 0;
  return ({ n, sentAt }) => {
    if (n !== next) fail(`A client got the event ${n} instead of ${next}`);
    if (timed && sentAt !== undefined) latencies.push(performance.timeOrigin + performance.now() - sentAt);
    if (++next < burst) return;
    next = 0;
    if (--unfinished > 0) return;
    unfinished = count;
    tell({ kind: "burst", latencies });
    latencies = [];
  };
}

async function publish({ bursts, burst }: Order): Promise<void> {
  for (let i = 0; i < bursts; i++) {
    for (const [client, send] of clients.entries()) {
      send(Array.from({ length: burst }, (_, n) => ({ state: "running", n: client * burst + n })));
    }
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

function tell(told: Told): void {
  console.log(JSON.stringify(told));
}
