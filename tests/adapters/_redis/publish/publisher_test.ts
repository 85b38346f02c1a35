import { install } from "@sinonjs/fake-timers";
import { assertEquals } from "@std/assert";
import { MAX_TIMER_MS } from "../../../../core/arguments.ts";
import { Publisher } from "../../../../adapters/_redis/publish/publisher.ts";
import type { PublishCommand, Sender } from "../../../../adapters/_redis/publish/publish_strategy.ts";
import { eventually } from "../../../support/eventually.ts";
import { openRedis, startRedis } from "../../../support/redis.ts";

/** A server that answers when it is told to: a real one cannot be made to answer within a turn. */
class ManualSender implements Sender {
  readonly command = "publish";
  ready = true;
  readonly window: number;
  readonly sent: {
    readonly messages: unknown[];
    readonly answer: () => void;
    readonly reject: (error: unknown) => void;
  }[] = [];

  constructor(window: number) {
    this.window = window;
  }

  laneOf(channel: string): string {
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

function setUp(window = Infinity, timeoutMs = 10_000) {
  const sender = new ManualSender(window);
  const faults: [unknown, string][] = [];
  const publisher = new Publisher(sender, timeoutMs, (error, channel) => void faults.push([error, channel]));
  return {
    sender,
    faults,
    publisher,
    push: (...messages: string[]) => messages.forEach((message) => publisher.push("news", message, 1)),
    [Symbol.dispose]: () => publisher.stop(new Error("over")),
  };
}

Deno.test("messages of one turn leave together, and those of the next after them", async () => {
  using rig = setUp();
  rig.push("1", "2");
  assertEquals(rig.sender.messages, []);
  await null;
  rig.push("3");
  await null;
  assertEquals(rig.sender.messages, [["1", "2"], ["3"]]);
});

Deno.test("what is pushed after a pump in the same turn is not lost", async () => {
  using rig = setUp();
  rig.push("1");
  rig.publisher.pump();
  rig.push("2");
  await null;
  assertEquals(rig.sender.messages, [["1"], ["2"]]);
});

Deno.test("a pipeline has 256 messages at the most", async () => {
  using rig = setUp();
  rig.push(...Array.from({ length: 600 }, String));
  await null;
  assertEquals(rig.sender.messages.map(({ length }) => length), [256, 256, 88]);
  assertEquals(rig.sender.messages.flat(), Array.from({ length: 600 }, String));
});

Deno.test("where one pipeline may be on its way, the next waits and takes what has gathered", async () => {
  using rig = setUp(1);
  for (const message of ["1", "2", "3"]) {
    rig.push(message);
    await null;
  }
  rig.publisher.push("other", "4", 1);
  await null;
  assertEquals(rig.sender.messages, [["1"], ["4"]]);
  rig.sender.sent[0]?.answer();
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(rig.sender.messages, [["1"], ["4"], ["2", "3"]]);
});

Deno.test("drain waits for what was pushed before, in whatever order it is answered", async () => {
  using rig = setUp();
  rig.push("1");
  await null;
  rig.push("2");
  await null;
  let drained = false;
  const drain = rig.publisher.drain().then(() => drained = true);
  rig.push("3");
  await null;
  for (const late of [1, 2]) rig.sender.sent[late]?.answer();
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(drained, false);
  rig.push("4");
  rig.sender.sent[0]?.answer();
  await drain;
  assertEquals([rig.publisher.bytes, rig.faults], [1, []]);
});

Deno.test("what is given up is reported once, by channel, and its late answer means nothing", async () => {
  using rig = setUp();
  rig.push("1", "2");
  await null;
  rig.push("3");
  await null;
  const error = new Error("lost");
  rig.publisher.giveUpSent(error);
  rig.sender.sent[0]?.answer();
  rig.sender.sent[1]?.reject(new Error("late"));
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals([rig.faults, rig.publisher.bytes], [Array(3).fill([error, "news"]), 0]);
});

Deno.test("what is given up makes room for the next", async () => {
  using rig = setUp(1);
  rig.push("1");
  await null;
  rig.push("2");
  await null;
  rig.publisher.giveUpSent(new Error("lost"));
  assertEquals(rig.sender.messages, [["1"], ["2"]]);
});

Deno.test("each message has its own time to wait, and then to be answered in", async () => {
  const clock = install({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  try {
    using rig = setUp();
    const told = () => rig.faults.map(([error]) => String(error).replace(/ in .*/, ""));
    rig.sender.ready = false;
    rig.push("1");
    await clock.tickAsync(6000);
    rig.push("2");
    await clock.tickAsync(4001);
    assertEquals([told(), rig.sender.messages], [
      ["TimeoutError: Cannot publish: Redis could not be reached"],
      [],
    ]);
    rig.sender.ready = true;
    rig.publisher.pump();
    await clock.tickAsync(5000);
    rig.push("3");
    await clock.tickAsync(5001);
    assertEquals([told().slice(1), rig.sender.messages], [["TimeoutError: Redis did not answer"], [["2"], [
      "3",
    ]]]);
    await clock.tickAsync(5000);
    assertEquals([told().slice(2), rig.publisher.bytes], [["TimeoutError: Redis did not answer"], 0]);
    // There is nothing to wait for any more.
    await clock.tickAsync(10_000);
    assertEquals(clock.countTimers(), 0);
  } finally {
    clock.uninstall();
  }
});

Deno.test("the timer of a message that may wait for months comes back no sooner than a timer can", async () => {
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

Deno.test("a lane keeps its order while others run out of time", async () => {
  const clock = install({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  try {
    using rig = setUp(1);
    rig.push("0");
    await null;
    rig.sender.sent[0]?.answer();
    await clock.tickAsync(9000);
    rig.push("1");
    rig.publisher.push("other", "2", 1);
    // The timer comes back for what was first, and looks at every lane.
    await clock.tickAsync(1001);
    rig.push("3");
    await clock.tickAsync(0);
    assertEquals(rig.sender.messages, [["0"], ["1"], ["2"]]);
    rig.sender.sent[1]?.answer();
    await clock.tickAsync(0);
    assertEquals(rig.sender.messages, [["0"], ["1"], ["2"], ["3"]]);
  } finally {
    clock.uninstall();
  }
});

for (const sharded of [false, true]) {
  const names = sharded ? "sharded channels" : "channels";
  Deno.test(`Redis: what is published on ${names} in one turn leaves in it, in pipelines of 256`, async () => {
    await using server = await startRedis();
    await using open = openRedis(server, "ioredis 5", { sharded });
    const { target, publishClient } = open;
    const heard: unknown[] = [];
    for (const id of ["1", "2"]) {
      target.listen("news", id, { onEvent: ({ payload }) => void heard.push(payload) });
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
      // No other task of the event loop comes before them.
      await null;
      assertEquals(sizes, expected);
      await target.flush();
    }
    assertEquals(heard, Array.from({ length: published }, (_, i) => i + 1));
  });
}
