/**
 * Sends events through Redis as MessagePack, which carries bytes without encoding them as text, and prints the events
 * that arrive. All processes of this program that use the same Redis receive each other's events.
 *
 *     deno run -A examples/redis_messagepack.ts redis://127.0.0.1:6379
 *
 * It publishes one reading, prints readings until its own arrives, and ends.
 *
 * @module
 */
import { createPubSub } from "@alkdev/pubsub";
import { createRedisEventTarget, type RedisBinarySerializer } from "@alkdev/pubsub/event-target-redis";
import { decode, encode } from "@msgpack/msgpack";
// Only this repository needs the next line: it is checked without the types of Node.
// @ts-types="../tests/support/ioredis.d.ts"
import { Redis } from "ioredis";

type Events = { "sensor.reading": { readonly celsius: number; readonly trace: Uint8Array } };

/** Encodes events as MessagePack instead of JSON. */
export const messagePack: RedisBinarySerializer = {
  binary: true,
  stringify: (value) => encode(value, { ignoreUndefined: true }),
  parse: (message) => decode(message),
};

async function run(url: string, interrupted: AbortSignal): Promise<void> {
  const clients = {
    // Otherwise events that the server has not acknowledged when the connection breaks may arrive twice.
    publishClient: new Redis(url, { autoResendUnfulfilledCommands: false }),
    subscribeClient: new Redis(url),
  };
  const eventTarget = createRedisEventTarget({ ...clients, serializer: messagePack });
  const pubsub = createPubSub<Events>({ eventTarget });
  const sensor = crypto.randomUUID();
  const readings = pubsub.subscribe("sensor.reading", { signal: interrupted });
  // If it fails, the iterator below reports why.
  const acknowledged = await readings.ready.then(() => true, () => false);
  if (acknowledged) {
    pubsub.publish("sensor.reading", sensor, { celsius: 21.5, trace: new Uint8Array([0, 255, 128]) });
  }
  for await (const { id, payload: { celsius, trace } } of readings) {
    console.log(`${id}: ${celsius} °C, ${trace.length} bytes of trace`);
    if (id === sensor) break;
  }
  await eventTarget.close();
  for (const client of Object.values(clients)) client.disconnect();
}

if (import.meta.main) {
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => interrupted.abort());
  }
  const [url = "redis://127.0.0.1:6379"] = Deno.args;
  await run(url, interrupted.signal);
  Deno.exit();
}
