import { eventually } from "../../support/eventually.ts";
import { testEventTarget } from "../../support/conformance/mod.ts";
import type { RedisSerializer } from "@alkdev/pubsub/event-target-redis";
import { LIBRARIES, openRedis, openServer } from "../../support/redis.ts";

const BYTES: RedisSerializer = {
  binary: true,
  stringify: (value) => new TextEncoder().encode(JSON.stringify(value)),
  parse: (bytes) => JSON.parse(new TextDecoder().decode(bytes)),
};

// On a server that other programs use too, these tests must not see their events.
const run = crypto.randomUUID();
let tests = 0;

const libraries = Object.keys(LIBRARIES) as (keyof typeof LIBRARIES)[];
const setups = [
  ...libraries.map((library) => ({ library, name: `Redis by ${library}`, options: {} })),
  { library: "ioredis 6", name: "Redis by one client in both roles", options: { oneClient: true } },
  { library: "ioredis 5", name: "Redis with messages that are bytes", options: { serializer: BYTES } },
] as const;

for (const { library, name, options } of setups) {
  testEventTarget(name, {
    kind: "redis",
    // After a large message, the parser of ioredis 5 runs an interval for a while that shrinks its buffer.
    shrinksLater: true,
    async open() {
      const server = await openServer();
      const prefix = `pubsub-test:${run}:${++tests}/`;
      const { target, faults, [Symbol.asyncDispose]: close } = openRedis(server, library, {
        prefix,
        ...options,
      });
      await eventually(() => target.status.state === "open");
      return {
        near: target,
        far: target,
        faults,
        settle: () => target.flush(),
        async [Symbol.asyncDispose]() {
          await close();
          await server[Symbol.asyncDispose]();
        },
      };
    },
  });
}
