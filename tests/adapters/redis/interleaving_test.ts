import type { PubSubEventTarget } from "@alkdev/pubsub";
import { createRedisEventTarget } from "@alkdev/pubsub/event-target-redis";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { eventually } from "../../support/eventually.ts";
import { ask, disconnect, LIBRARIES, type RedisServer, startRedis } from "../../support/redis.ts";
import { type RedisProxy, startRedisProxy } from "../../support/redis_proxy.ts";

/** Topics of every kind. */
const TOPICS = [["news", "1"], ["news", "2"], ["news", undefined], ["*", undefined]] as const;
const PATTERNS = ["news:*", "*"];

/** A step of the first test: on its topic, or on the connection. */
type Step = "subscribe" | "unsubscribe" | "lose" | "wait";

/** Two event targets that share clients. The subscribing client connects through a proxy. */
class Rig implements AsyncDisposable {
  readonly proxy: RedisProxy;
  readonly targets: readonly PubSubEventTarget[];
  readonly #server: RedisServer;
  readonly #clients: InstanceType<typeof LIBRARIES["ioredis 5"]>[];
  /** The functions that remove the listeners, by target and topic. */
  readonly #stops = new Map<string, (() => void)[]>();

  constructor(server: RedisServer, library: keyof typeof LIBRARIES, autoResubscribe: boolean) {
    this.#server = server;
    this.proxy = startRedisProxy(server.path, crypto.randomUUID());
    const options = { autoResubscribe, retryStrategy: () => 1 };
    const subscribeClient = new LIBRARIES[library](this.proxy.path, options);
    const publishClient = new LIBRARIES[library](server.path, options);
    this.#clients = [publishClient, subscribeClient];
    const onError = (): void => {};
    this.targets = [1, 2].map(() => createRedisEventTarget({ publishClient, subscribeClient, onError }));
  }

  listen(target: number, topic: number): void {
    const [type, id] = TOPICS[topic] ?? ["news", "1"];
    const stop = this.targets[target]?.listen(type, id, { onEvent() {} });
    if (stop) this.#stopsOf(target, topic).push(stop);
  }

  stop(target: number, topic: number): void {
    this.#stopsOf(target, topic).pop()?.();
  }

  /** Waits until everything has settled, and fails unless the server has exactly the wanted channels. */
  async check(where: string): Promise<void> {
    await eventually(() => this.targets.every(({ status }) => status.state === "open"));
    await Promise.all(this.targets.map((target) => target.flush()));
    const wanted = TOPICS.flatMap(([type, id], topic) => {
      if (!this.targets.some((_, target) => this.#stopsOf(target, topic).length > 0)) return [];
      if (id !== undefined) return [`${type}:${id}`];
      return type === "*" ? ["*"] : [`${type}:*`, type];
    });
    const channels = wanted.filter((name) => !PATTERNS.includes(name));
    // The server may notice the end of a connection a moment later.
    await eventually(async () => {
      const found = await ask(this.#server, "PUBSUB", "CHANNELS") as string[];
      assertEquals(found.sort(), channels.toSorted(), where);
      assertEquals(await ask(this.#server, "PUBSUB", "NUMPAT"), wanted.length - channels.length, where);
      const counts = await ask(this.#server, "PUBSUB", "NUMSUB", ...channels) as unknown[];
      assertEquals(counts.filter((_, i) => i % 2 === 1), channels.map(() => 1), where);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.targets.map((target) => target.close()));
    this.#stops.clear();
    assertEquals(await ask(this.#server, "PUBSUB", "CHANNELS"), []);
    assertEquals(await ask(this.#server, "PUBSUB", "NUMPAT"), 0);
    await disconnect(...this.#clients);
    this.proxy[Symbol.dispose]();
  }

  #stopsOf(target: number, topic: number): (() => void)[] {
    const key = `${target} ${topic}`;
    const stops = this.#stops.get(key) ?? [];
    this.#stops.set(key, stops);
    return stops;
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** All sequences of a length. */
function sequencesOf<T>(things: readonly T[], length: number): T[][] {
  if (length === 0) return [[]];
  return sequencesOf(things, length - 1).flatMap((head) => things.map((thing) => [...head, thing]));
}

for (const library of Object.keys(LIBRARIES) as (keyof typeof LIBRARIES)[]) {
  Deno.test({
    name:
      `Redis by ${library}: the server has the wanted channels after every order of subscribe, unsubscribe, ` +
      "loss and answer",
    timeout: 120_000,
    async fn() {
      await using server = await startRedis();
      for (const steps of sequencesOf<Step>(["subscribe", "unsubscribe", "lose", "wait"], 4)) {
        // Sequences that start without a subscription, or end with a wait, add nothing.
        if (steps[0] !== "subscribe" || steps.at(-1) === "wait") continue;
        await using rig = new Rig(server, library, true);
        await eventually(() => rig.targets[0]?.status.state === "open");
        for (const step of steps) {
          if (step === "subscribe") rig.listen(0, 2);
          else if (step === "unsubscribe") rig.stop(0, 2);
          else if (step === "lose") rig.proxy.cut();
          else await turn();
        }
        // The client notices a loss a moment later.
        await turn();
        await rig.check(steps.join(", "));
      }
    },
  });

  for (const autoResubscribe of [true, false]) {
    Deno.test({
      name:
        `Redis by ${library} with autoResubscribe ${autoResubscribe}: the server has the wanted channels of two targets, ` +
        "whatever they do and whatever is lost",
      timeout: 120_000,
      async fn() {
        await using server = await startRedis();
        const target = fc.nat(1);
        const topic = fc.nat(TOPICS.length - 1);
        const action = fc.oneof(
          { weight: 5, arbitrary: fc.tuple(fc.constant("listen" as const), target, topic) },
          { weight: 4, arbitrary: fc.tuple(fc.constant("stop" as const), target, topic) },
          { weight: 2, arbitrary: fc.tuple(fc.constant("turn" as const)) },
          { weight: 2, arbitrary: fc.tuple(fc.constantFrom("cut" as const, "stall" as const)) },
        );
        await fc.assert(
          fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
            await using rig = new Rig(server, library, autoResubscribe);
            for (const [kind, target = 0, topic = 0] of actions) {
              if (kind === "listen") rig.listen(target, topic);
              else if (kind === "stop") rig.stop(target, topic);
              else if (kind === "cut") rig.proxy.cut();
              else if (kind === "stall") rig.proxy.stall("answers");
              else await turn();
            }
            rig.proxy.release();
            await turn();
            await rig.check(JSON.stringify(actions));
          }),
          { numRuns: 40 },
        );
      },
    });
  }
}
