/**
 * Sends events through Redis as MessagePack, which carries bytes as they are, and prints what arrives. Every process of
 * it on the same Redis hears all of them.
 *
 *     deno run -A examples/redis_messagepack.ts redis://127.0.0.1:6379
 *
 * It publishes one reading, prints the readings that arrive until its own has come, and ends.
 *
 * @module
 */
import { createPubSub } from "@alkdev/pubsub";
import { createRedisEventTarget, type RedisBinarySerializer } from "@alkdev/pubsub/event-target-redis";
import { decode, encode } from "@msgpack/msgpack";
// Only this repository needs the next line: its checks do without the types of Node.
// @ts-types="../tests/support/ioredis.d.ts"
import { Redis } from "ioredis";
import { runProgram } from "./_shared/program.ts";

type Events = { "sensor.reading": { readonly celsius: number; readonly trace: Uint8Array } };

/** Makes messages of MessagePack instead of JSON. */
export const messagePack: RedisBinarySerializer = {
  binary: true,
  stringify: (value) => encode(value, { ignoreUndefined: true }),
  parse: (message) => decode(message),
};

async function run(url: string, interrupted: AbortSignal): Promise<number> {
  const clients = {
    // Else what the server has not answered when the connection breaks may come twice.
    publishClient: new Redis(url, { autoResendUnfulfilledCommands: false }),
    subscribeClient: new Redis(url),
  };
  const eventTarget = createRedisEventTarget({ ...clients, serializer: messagePack });
  const pubsub = createPubSub<Events>({ eventTarget });
  const sensor = crypto.randomUUID();
  const readings = pubsub.subscribe("sensor.reading", { signal: interrupted });
  // If not, the iterator tells why.
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
  return 0;
}

if (import.meta.main) {
  await runProgram({
    usage: "deno run -A examples/redis_messagepack.ts [redis://127.0.0.1:6379]",
    readOptions: ([url = "redis://127.0.0.1:6379"]) => url,
    run,
  });
}
