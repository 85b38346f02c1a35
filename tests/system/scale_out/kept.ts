// @ts-types="../../support/ioredis.d.ts"
import { Redis } from "ioredis";

/** Reads which events are in the history of a Redis: each as the spoke that said it, and its number. */
export async function readKept(path: string): Promise<ReadonlySet<string>> {
  const client = new Redis(path);
  const entries = await client.call("XRANGE", "pubsub:{room.said}:events", "-", "+") as [string, string[]][];
  client.disconnect();
  return new Set(entries.flatMap(([, fields]) => {
    // Hubs publish for spokes: Redis has all of the message but its first brace. It has one payload, or several.
    const { payload, payloads = [payload] } = JSON.parse(`{${fields.at(-1)}`);
    return payloads.map(({ from, n }: { from: string; n: number }) => `${from} ${n}`);
  }));
}
