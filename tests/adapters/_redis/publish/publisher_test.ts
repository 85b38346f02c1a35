import { install } from "@sinonjs/fake-timers";
import { assertEquals } from "@std/assert";
import type {
  PublishCommand,
  PublishStrategy,
} from "../../../../adapters/_redis/publish/publish_strategy.ts";
import { Publisher } from "../../../../adapters/_redis/publish/publisher.ts";
import { MAX_TIMER_MS } from "../../../../core/arguments.ts";
import { eventually } from "../../../support/eventually.ts";
import { openRedis, startRedis } from "../../../support/redis.ts";

/** A server that answers on command: a real server cannot be made to answer within a turn of the event loop. */
class ManualStrategy implements PublishStrategy {
  readonly command = "publish";
  ready = true;
  readonly #maxInFlight: number;
  readonly sent: {
    readonly messages: unknown[];
    readonly answer: () => void;
    readonly reject: (error: unknown) => void;
  }[] = [];

  constructor(maxInFlight: number) {
    this.#maxInFlight = maxInFlight;
  }

  maxInFlight(): number {
    return this.#maxInFlight;
  }

  orderingKeyOf(channel: string): string {
    return channel;
  }

  send(commands: PublishCommand[]): Promise<undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const messages = commands.map(([, , message]) => message);
    this.sent.push({ messages, answer: () => resolve(undefined), reject });
    return promise;
  }

  get messages(): unknown[][] {
    return this.sent.map(({ messages }) => messages);
  }
}

function setUp(maxInFlight = Infinity, timeoutMs = 10_000) {
  const strategy = new ManualStrategy(maxInFlight);
  const faults: [unknown, string][] = [];
  const publisher = new Publisher(
    strategy,
    timeoutMs,
    (error, channel) => void faults.push([error, channel]),
  );
  return {
    strategy,
    faults,
    publisher,
    push: (...messages: string[]) => messages.forEach((message) => publisher.push("news", message, 1)),
    [Symbol.dispose]: () => publisher.stop(new Error("over")),
  };
}

Deno.test("the messages of one turn are sent together, and the messages of the next turn after them", async () => {
  using rig = setUp();
  rig.push("1", "2");
  assertEquals(rig.strategy.messages, []);
  await null;
  rig.push("3");
  await null;
  assertEquals(rig.strategy.messages, [["1", "2"], ["3"]]);
});

Deno.test("a message that is pushed after a pump in the same turn is not lost", async () => {
  using rig = setUp();
  rig.push("1");
  rig.publisher.pump();
  rig.push("2");
  await null;
  assertEquals(rig.strategy.messages, [["1"], ["2"]]);
});

Deno.test("a pipeline has at most 256 messages", async () => {
  using rig = setUp();
  rig.push(...Array.from({ length: 600 }, String));
  await null;
  assertEquals(rig.strategy.messages.map(({ length }) => length), [256, 256, 88]);
  assertEquals(rig.strategy.messages.flat(), Array.from({ length: 600 }, String));
});

Deno.test("the messages of many turns that wait for a connection fill pipelines of 256", async () => {
  using rig = setUp();
  rig.strategy.ready = false;
  const messages = Array.from({ length: 600 }, String);
  for (let turn = 0; turn < 600; turn += 100) {
    rig.push(...messages.slice(turn, turn + 100));
    await null;
  }
  assertEquals(rig.strategy.messages, []);
  rig.strategy.ready = true;
  rig.publisher.pump();
  assertEquals(rig.strategy.messages.map(({ length }) => length), [256, 256, 88]);
  assertEquals(rig.strategy.messages.flat(), messages);
});

for (const reason of ["", undefined, null, 0]) {
  Deno.test(`a message whose publish rejects with ${JSON.stringify(reason)} is reported`, async () => {
    using rig = setUp();
    rig.push("1");
    await null;
    rig.strategy.sent[0]?.reject(reason);
    const failure = await rig.publisher.drain();
    assertEquals(rig.faults.map(([, channel]) => channel), ["news"]);
    assertEquals([rig.faults[0]?.[0]], [failure]);
  });
}

Deno.test("drain resolves with the first error of the messages before it, unless the error is a refusal", async () => {
  using rig = setUp();
  const drains: unknown[] = [];
  for (const message of ["1", "2", "3"]) {
    rig.push(message);
    await null;
    drains.push(rig.publisher.drain());
  }
  const refusal = Object.assign(new Error("NOPERM"), { name: "ReplyError" });
  const errors = [new Error("lost"), Object.assign(new Error("LOADING"), { name: "ReplyError" })];
  rig.strategy.sent[0]?.reject(refusal);
  rig.strategy.sent[1]?.reject(errors[0]);
  rig.strategy.sent[2]?.reject(errors[1]);
  assertEquals(await Promise.all(drains), [undefined, errors[0], errors[0]]);
  assertEquals(rig.faults.map(([error]) => error), [refusal, ...errors]);
});

Deno.test("with one pipeline in flight per ordering key, the next pipeline waits and takes all messages that are queued", async () => {
  using rig = setUp(1);
  for (const message of ["1", "2", "3"]) {
    rig.push(message);
    await null;
  }
  rig.publisher.push("other", "4", 1);
  await null;
  assertEquals(rig.strategy.messages, [["1"], ["4"]]);
  rig.strategy.sent[0]?.answer();
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(rig.strategy.messages, [["1"], ["4"], ["2", "3"]]);
});

Deno.test("drain waits for the messages that were pushed before, in whatever order Redis answers", async () => {
  using rig = setUp();
  rig.push("1");
  await null;
  rig.push("2");
  await null;
  let drained = false;
  const drain = rig.publisher.drain().then(() => drained = true);
  rig.push("3");
  await null;
  for (const late of [1, 2]) rig.strategy.sent[late]?.answer();
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(drained, false);
  rig.push("4");
  rig.strategy.sent[0]?.answer();
  await drain;
  assertEquals([rig.publisher.bytes, rig.faults], [1, []]);
});

Deno.test("a message that is given up is reported once, with its channel, and its late answer is ignored", async () => {
  using rig = setUp();
  rig.push("1", "2");
  await null;
  rig.push("3");
  await null;
  const error = new Error("lost");
  rig.publisher.failUnanswered(error);
  rig.strategy.sent[0]?.answer();
  rig.strategy.sent[1]?.reject(new Error("late"));
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals([rig.faults, rig.publisher.bytes], [Array(3).fill([error, "news"]), 0]);
});

Deno.test("giving up on a pipeline lets the next one be sent", async () => {
  using rig = setUp(1);
  rig.push("1");
  await null;
  rig.push("2");
  await null;
  rig.publisher.failUnanswered(new Error("lost"));
  assertEquals(rig.strategy.messages, [["1"], ["2"]]);
});

Deno.test("each message has its own time-out for waiting, and then one for the answer", async () => {
  const clock = install({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  try {
    using rig = setUp();
    const reported = () => rig.faults.map(([error]) => String(error).replace(/ in .*/, ""));
    rig.strategy.ready = false;
    rig.push("1");
    await clock.tickAsync(6000);
    rig.push("2");
    await clock.tickAsync(4001);
    assertEquals([reported(), rig.strategy.messages], [
      ["TimeoutError: Cannot publish: Redis could not be reached"],
      [],
    ]);
    rig.strategy.ready = true;
    rig.publisher.pump();
    await clock.tickAsync(5000);
    rig.push("3");
    await clock.tickAsync(5001);
    assertEquals([reported().slice(1), rig.strategy.messages], [["TimeoutError: Redis did not answer"], [[
      "2",
    ], [
      "3",
    ]]]);
    await clock.tickAsync(5000);
    assertEquals([reported().slice(2), rig.publisher.bytes], [["TimeoutError: Redis did not answer"], 0]);
    // Nothing is waiting any more.
    await clock.tickAsync(10_000);
    assertEquals(clock.countTimers(), 0);
  } finally {
    clock.uninstall();
  }
});

Deno.test("the timer of a message that can wait for months fires after the longest delay that a timer supports", async () => {
  const clock = install({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  try {
    using rig = setUp(1, 2 ** 32);
    rig.push("1");
    await clock.nextAsync();
    assertEquals([performance.now(), rig.faults], [MAX_TIMER_MS, []]);
  } finally {
    clock.uninstall();
  }
});

Deno.test("the messages of one ordering key keep their order while others time out", async () => {
  const clock = install({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  try {
    using rig = setUp(1);
    rig.push("0");
    await null;
    rig.strategy.sent[0]?.answer();
    await clock.tickAsync(9000);
    rig.push("1");
    rig.publisher.push("other", "2", 1);
    // The timer fires for the first message, and checks every ordering key.
    await clock.tickAsync(1001);
    rig.push("3");
    await clock.tickAsync(0);
    assertEquals(rig.strategy.messages, [["0"], ["1"], ["2"]]);
    rig.strategy.sent[1]?.answer();
    await clock.tickAsync(0);
    assertEquals(rig.strategy.messages, [["0"], ["1"], ["2"], ["3"]]);
  } finally {
    clock.uninstall();
  }
});

for (const sharded of [false, true]) {
  const names = sharded ? "sharded channels" : "channels";
  Deno.test(`Redis: the events that are published on ${names} in one turn are sent in that turn, in pipelines of 256`, async () => {
    await using server = await startRedis();
    await using open = openRedis(server, "ioredis 5", { sharded });
    const { target, publishClient } = open;
    const received: unknown[] = [];
    for (const id of ["1", "2"]) {
      target.listen("news", id, { onEvent: ({ payload }) => void received.push(payload) });
    }
    await eventually(() => target.status.state === "open");
    await target.flush();
    const sizes: number[] = [];
    const { pipeline } = publishClient;
    publishClient.pipeline = (commands) => {
      sizes.push(commands.length);
      return pipeline.call(publishClient, commands);
    };
    let published = 0;
    const turns = [{ count: 200, expected: [200] }, { count: 1, expected: [] }, {
      count: 600,
      expected: [256, 256, 88],
    }];
    for (const { count, expected } of turns) {
      sizes.length = 0;
      for (let i = 0; i < count; i++) {
        target.publish({ type: "news", id: String(1 + published % 2), payload: ++published });
      }
      assertEquals(sizes, []);
      // They are sent before any other task of the event loop.
      await null;
      assertEquals(sizes, expected);
      await target.flush();
    }
    assertEquals(received, Array.from({ length: published }, (_, i) => i + 1));
  });
}

Deno.test("all messages of an answer are settled before the first fault is reported", async () => {
  const strategy = new ManualStrategy(Infinity);
  const waiting: number[] = [];
  const publisher = new Publisher(strategy, 10_000, () => void waiting.push(publisher.bytes));
  for (const message of ["1", "2"]) publisher.push("news", message, 1);
  await null;
  strategy.sent[0]?.reject(new Error("refused"));
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(waiting, [0, 0]);
  publisher.stop(new Error("over"));
});
