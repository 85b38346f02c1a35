/** How long commands hold Redis. */
import type { EventEnvelope, HistoryCursor, HistoryFrom, PubSubEventTarget } from "@alkdev/pubsub";
import { disconnect, LIBRARIES, type OpenRedis, openRedis, type SharedRedis } from "../redis.ts";

/** The longest that a command may hold Redis, in microseconds. */
const MAX_HELD_US = 2500;

/** The events of one turn. */
const BURST = 256;

/** So often a load is tried: the machine of a virtual one can take time that no process sees. */
const ATTEMPTS = 3;

/** Work of the library on a server that nobody else uses. */
export interface Load extends AsyncDisposable {
  /** Works in small steps, each up to a `yield`. */
  run(): AsyncGenerator<void>;
}

/** Makes what a load needs. `size` is 1 for all of it, less for a part. */
export type LoadOpener = (server: SharedRedis, size: number) => Promise<Load>;

/** Runs a load. Returns the commands that held Redis for too long in the best of a few attempts. */
export async function slowCommands(server: SharedRedis, load: Load): Promise<string[]> {
  const client = new LIBRARIES["ioredis 5"](server.path);
  try {
    const [, pid = ""] = /process_id:(\d+)/.exec(String(await client.call("INFO", "server"))) ?? [];
    await client.call("CONFIG", "SET", "slowlog-log-slower-than", String(MAX_HELD_US));
    await client.call("CONFIG", "SET", "slowlog-max-len", "1000");
    let fewest: string[] | undefined;
    for (let i = 0; i < ATTEMPTS && fewest?.length !== 0; i++) {
      const slow: string[] = [];
      await client.call("SLOWLOG", "RESET");
      let waited = await waitedUs(pid);
      for await (const _ of load.run()) {
        const before = waited;
        waited = await waitedUs(pid);
        if (await client.call("SLOWLOG", "LEN") === 0) continue;
        const found = await client.call("SLOWLOG", "GET", "1000");
        await client.call("SLOWLOG", "RESET");
        for (const entry of Array.from(Object(found))) {
          const [, , us, command] = Object(entry);
          // Other processes had the processor meanwhile.
          if (us - (waited - before) > MAX_HELD_US) slow.push(`${us} µs: ${textOf(command)}`);
        }
      }
      if (fewest === undefined || slow.length < fewest.length) fewest = slow;
    }
    return fewest ?? [];
  } finally {
    await disconnect(client);
  }
}

/** How long the main thread of a process was ready to run and had no processor. */
async function waitedUs(pid: string): Promise<number> {
  const [, waited] = (await Deno.readTextFile(`/proc/${pid}/schedstat`)).split(" ");
  return Number(waited) / 1000;
}

/** A command without the text of its script. */
function textOf(command: unknown): string {
  const parts = Array.from(Object(command), String).filter((part) => !part.includes("\n"));
  return parts.slice(0, 12).join(" ").slice(0, 200);
}

/** Publishes events, a burst in each turn of the event loop. */
export async function* publishAll(
  target: PubSubEventTarget,
  events: Iterable<EventEnvelope>,
): AsyncGenerator<void> {
  let count = 0;
  for (const event of events) {
    target.publish(event);
    if (++count % BURST !== 0) continue;
    await target.flush();
    yield;
  }
  await target.flush();
  yield;
}

/** Reads all pages. */
export async function* readAll(
  { history }: PubSubEventTarget,
  topic: { type: string; id: string | undefined },
  from: HistoryFrom,
  bounds: { maxEvents: number; maxBytes: number },
): AsyncGenerator<void> {
  if (history === undefined) throw new Error("The target has a history");
  for (let after: HistoryFrom | HistoryCursor = from;;) {
    const page = await history.read(topic, after, bounds);
    yield;
    if (page.done) return;
    after = page.next;
  }
}

/** Runs work for what it does. */
export async function complete(work: AsyncGenerator<void>): Promise<void> {
  for await (const _ of work);
}

/** Opens an event target that keeps the type `run`. */
export function openKeeping(
  server: SharedRedis,
  bounds: { perId?: number; perType?: number; ttlMs?: number },
  prefix: string,
): OpenRedis {
  return openRedis(server, "ioredis 5", { prefix, history: { run: bounds } });
}
