/** How long commands hold Redis. */
import type { EventEnvelope, HistoryCursor, HistoryFrom, PubSubEventTarget } from "@alkdev/pubsub";
import { disconnect, LIBRARIES, type OpenRedis, openRedis, type SharedRedis } from "../redis.ts";
import { MAX_HELD_US, SlowLog } from "./slow_log.ts";

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
    const log = new SlowLog(client, () => Number(pid));
    let fewest: string[] | undefined;
    for (let i = 0; i < ATTEMPTS && fewest?.length !== 0; i++) {
      const slow: string[] = [];
      await client.call("SLOWLOG", "RESET");
      await log.take();
      for await (const _ of load.run()) slow.push(...await log.take());
      if (fewest === undefined || slow.length < fewest.length) fewest = slow;
    }
    return fewest ?? [];
  } finally {
    await disconnect(client);
  }
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
