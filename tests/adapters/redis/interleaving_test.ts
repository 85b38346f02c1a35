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

/** Something that happens to the second topic, or to the connection. */
type Step = "subscribe" | "unsubscribe" | "lose" | "wait";

/** Two event targets on one subscribing client, behind a proxy of its own. */
class Rig implements AsyncDisposable {
  readonly proxy: RedisProxy;
  readonly targets: readonly PubSubEventTarget[];
  readonly #server: RedisServer;
  readonly #clients: InstanceType<typeof LIBRARIES["ioredis 5"]>[];
  /** What stops the listeners that there are, by target and topic. */
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

  /** Waits until all is quiet, and fails unless the server has exactly what is listened to. */
  async check(where: string): Promise<void> {
    await eventually(() => this.targets.every(({ status }) => status.state === "open"));
    await Promise.all(this.targets.map((target) => target.flush()));
    const wanted = TOPICS.flatMap(([type, id], topic) => {
      if (!this.targets.some((_, target) => this.#stopsOf(target, topic).length > 0)) return [];
      if (id !== undefined) return [`${type}:${id}`];
      return type === "*" ? ["*"] : [`${type}:*`, type];
    });
    const channels = wanted.filter((name) => !PATTERNS.includes(name));
    // A connection that was cut may be a moment behind.
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

/** Every way to choose so many of some things, in order. */
function sequencesOf<T>(things: readonly T[], length: number): T[][] {
  if (length === 0) return [[]];
  return sequencesOf(things, length - 1).flatMap((head) => things.map((thing) => [...head, thing]));
}

for (const library of Object.keys(LIBRARIES) as (keyof typeof LIBRARIES)[]) {
  Deno.test({
    name:
      `Redis by ${library}: the server has what is listened to after every order of subscribe, unsubscribe, ` +
      "loss and answer",
    timeout: 120_000,
    async fn() {
      await using server = await startRedis();
      for (const steps of sequencesOf<Step>(["subscribe", "unsubscribe", "lose", "wait"], 4)) {
        // Nothing happens before the first subscription, and nothing waits for what follows the last step.
        if (steps[0] !== "subscribe" || steps.at(-1) === "wait") continue;
        await using rig = new Rig(server, library, true);
        await eventually(() => rig.targets[0]?.status.state === "open");
        for (const step of steps) {
          if (step === "subscribe") rig.listen(0, 2);
          else if (step === "unsubscribe") rig.stop(0, 2);
          else if (step === "lose") rig.proxy.cut();
          else await turn();
        }
        // A loss is told a moment later.
        await turn();
        await rig.check(steps.join(", "));
      }
    },
  });

  for (const autoResubscribe of [true, false]) {
    Deno.test({
      name:
        `Redis by ${library} with autoResubscribe ${autoResubscribe}: two targets have what they listen to, ` +
        "whatever they do and lose",
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
