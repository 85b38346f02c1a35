// Sends events through Redis with every client library, as text and as bytes, and prints each event target, and last the received
// payloads. Runs bundled on Node and Bun.

// @ts-types="../ioredis.d.ts"
import { Redis as Redis5 } from "ioredis";
// @ts-types="../ioredis.d.ts"
import { Redis as Redis6 } from "ioredis6";
// @ts-types="../ioredis.d.ts"
import { Redis as Valkey } from "iovalkey";
import process from "node:process";
import { createRedisEventTarget, type RedisSerializer } from "../../../adapters/redis.ts";
import { createPubSub } from "../../../core/create_pubsub.ts";

type Events = { news: { text: string } };

const bytes: RedisSerializer = {
  binary: true,
  stringify: (value) => new TextEncoder().encode(JSON.stringify(value)),
  parse: (message) => JSON.parse(new TextDecoder().decode(message)),
};
const [path = ""] = process.argv.slice(2);
const received: unknown[] = [];
for (const Client of [Redis5, Redis6, Valkey]) {
  for (const serializer of [JSON, bytes]) {
    const clients = { publishClient: new Client(path), subscribeClient: new Client(path) };
    const eventTarget = createRedisEventTarget({ ...clients, serializer });
    const pubsub = createPubSub<Events>({ eventTarget });
    const ofId = pubsub.subscribe("news", "1");
    const ofType = pubsub.subscribe("news");
    await Promise.all([ofId.ready, ofType.ready]);
    pubsub.publish("news", "1", { text: "hé 🎈" });
    for (const subscription of [ofId, ofType]) received.push((await subscription.next()).value?.payload.text);
    await pubsub.flush();
    console.log(eventTarget);
    await eventTarget.close();
    for (const client of Object.values(clients)) client.disconnect();
  }
}
console.log(JSON.stringify(received));
