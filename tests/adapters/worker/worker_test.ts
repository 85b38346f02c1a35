import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  ConnectionLostError,
  createPubSub,
  createWorkerHostEventTarget,
  createWorkerThreadEventTarget,
  type EventEnvelope,
  type PubSubEventTarget,
  type WorkerLike,
} from "@alkdev/pubsub";
import { HEARTBEAT_TIMEOUT } from "../../../adapters/_wire/close_codes.ts";
import { withClock } from "../../support/clock.ts";
import type { Fault } from "../../support/conformance/mod.ts";
import { eventually as eventuallyWithin } from "../../support/eventually.ts";
import { FakeWorker } from "../../support/fake_worker.ts";
import { openHost, startWorker, UNCLONABLE } from "../../support/workers.ts";
import { envelope, payloadsOf } from "../../support/events.ts";

const KINDS = ["Worker", "node:worker_threads"] as const;
const PROGRAM = "thread_worker.ts";

/** Waits long: Deno checks the types of a worker's modules when it starts the first one. */
const eventually = (check: () => unknown): Promise<unknown> => eventuallyWithin(check, { timeoutMs: 60_000 });

/** The messages and errors of a worker that the program itself receives. */
function ownMessages(worker: WorkerLike): unknown[] {
  const messages: unknown[] = [];
  const add = (data: unknown) => typeof data === "string" && messages.push(data);
  if (worker.addEventListener) worker.addEventListener("message", ({ data }) => add(data));
  else worker.on?.("message", add);
  return messages;
}

/** Two ports that are closed in the end. */
function openPorts(): MessageChannel & Disposable {
  const channel = new MessageChannel();
  const { port1, port2 } = channel;
  return { port1, port2, [Symbol.dispose]: () => (port1.close(), port2.close()) };
}

function openThread(
  port: MessagePort,
  options: Parameters<typeof createWorkerThreadEventTarget>[1] = {},
): { link: PubSubEventTarget; faults: Fault[] } & AsyncDisposable {
  const faults: Fault[] = [];
  const link = createWorkerThreadEventTarget(port, {
    onError: (error, context) => void faults.push({ error, context }),
    ...options,
  });
  return { link, faults, [Symbol.asyncDispose]: () => link.close() };
}

const buffers = ({ payload }: EventEnvelope): ArrayBuffer[] =>
  payload instanceof ArrayBuffer ? [payload] : [];

for (const kind of KINDS) {
  Deno.test(`${kind}: events published before the thread has started wait for it, and cross as clones`, async () => {
    await using opened = startWorker(kind, PROGRAM);
    await using served = openHost([opened.worker]);
    const answers = payloadsOf(served.host, "answer", "1");
    const payload = {
      at: new Date(5),
      map: new Map([["a", 1n]]),
      bytes: new Uint8Array([1, 2]),
      none: undefined,
    };
    const changed = { n: 1 };
    served.host.publish(envelope("ask", "1", payload));
    served.host.publish(envelope("ask", "1", changed));
    changed.n = 2;
    await eventually(() => assertEquals(answers, [payload, { n: 1 }]));
    assertEquals([served.log, served.faults], [["connection"], []]);
  });

  Deno.test(`${kind}: an error in the worker ends its spoke alone, with a ConnectionLostError and its cause`, async () => {
    for (const way of ["throw", "reject"]) {
      await using failing = startWorker(kind, PROGRAM);
      await using living = startWorker(kind, PROGRAM);
      await using served = openHost([failing.worker]);
      const spoke = served.host.addWorker(failing.worker);
      const other = served.host.addWorker(living.worker);
      const answers = payloadsOf(served.host, "answer");
      spoke.publish(envelope("ask", "1", "before"));
      await eventually(() => assertEquals(answers, ["before"]));
      spoke.publish(envelope("ask", way));
      const error = await spoke.closed;
      assertInstanceOf(error, ConnectionLostError);
      assertInstanceOf(error.cause, Error);
      assertStringIncludes(error.cause.message, "in the worker");
      assertEquals(
        served.faults.map(({ error: fault, context }) => [fault, context.stage, context.target === spoke]),
        [
          [error.cause, "connect", true],
        ],
      );
      other.publish(envelope("ask", "1", "after"));
      await eventually(() => assertEquals(answers, ["before", "after"]));
      assertEquals([served.host.connectionCount, served.host.closingCount], [1, 0]);
      assertEquals(served.log.toSorted(), ["connection", "connection", "disconnection"]);
    }
  });

  Deno.test(`${kind}: everything that a thread sends before it closes is received, and its worker stays alive`, async () => {
    await using opened = startWorker(kind, PROGRAM);
    const own = ownMessages(opened.worker);
    await using served = openHost([opened.worker]);
    const spoke = served.host.addWorker(opened.worker);
    const statuses = payloadsOf(served.host, "status", "last");
    served.host.publish(envelope("ask", "close"));
    assertInstanceOf(await spoke.closed, ConnectionLostError);
    assertEquals(statuses, ["closing"]);
    await eventually(() => assertEquals(own, ["ended: undefined"]));
    await eventually(() => assertEquals([served.host.connectionCount, served.host.closingCount], [0, 0]));
    opened.worker.postMessage("hi");
    await eventually(() => assertEquals(own, ["ended: undefined", "heard hi"]));
    assertEquals(served.faults, []);
  });

  Deno.test(`${kind}: everything that a host sends before it closes is received, and the worker keeps its own messages`, async () => {
    await using opened = startWorker(kind, PROGRAM);
    const own = ownMessages(opened.worker);
    await using served = openHost([opened.worker]);
    const answers = payloadsOf(served.host, "answer");
    opened.worker.postMessage("one");
    served.host.publish(envelope("ask", "1", 1));
    await eventually(() => assertEquals([answers, own], [[1], ["heard one"]]));
    await served.host.close();
    await eventually(() =>
      assertEquals(own, ["heard one", "ended: The connection ended: the hub is closed"])
    );
    assertEquals(served.faults, []);
  });

  Deno.test(`${kind}: a worker that does not read is dropped, whatever waits for it, and affects no other one`, async () => {
    await using hanging = startWorker(kind, PROGRAM);
    await using living = startWorker(kind, PROGRAM);
    await using served = openHost([hanging.worker, living.worker], { maxBufferedBytes: 1024 * 1024 });
    await eventually(() => assertEquals(served.log.length, 2));
    const answers = payloadsOf(served.host, "answer");
    served.host.addWorker(hanging.worker).publish(envelope("ask", "hang"));
    const other = served.host.addWorker(living.worker);
    const text = "x".repeat(20_000);
    for (let i = 0; i < 200; i++) {
      served.host.publish(envelope("ask", "1", text));
      await other.flush();
    }
    assertEquals(answers.length, 200);
    assertEquals(served.log.slice(2), ["backpressure", "disconnection"]);
    await eventually(() => assertEquals([served.host.connectionCount, served.host.closingCount], [1, 0]));
  });

  Deno.test(`${kind}: a terminated worker delays a closing host by no more than the deadline`, async () => {
    await using opened = startWorker(kind, PROGRAM);
    await using served = openHost([opened.worker]);
    await eventually(() => assertEquals(served.log, ["connection"]));
    await opened[Symbol.asyncDispose]();
    const start = performance.now();
    await served.host.close();
    assert(performance.now() - start < 2000, "close() took more than 2 s");
    await eventually(() => assertEquals([served.host.connectionCount, served.host.closingCount], [0, 0]));
  });

  Deno.test(`${kind}: a script that cannot be loaded is reported, and so are the events that waited for it`, async () => {
    await using opened = startWorker(kind, "no_such_worker.ts");
    await using served = openHost([opened.worker]);
    const spoke = served.host.addWorker(opened.worker);
    served.host.publish(envelope("ask", "1", 1));
    assertInstanceOf(await spoke.closed, ConnectionLostError);
    await eventually(() =>
      assertEquals(served.faults.map(({ context }) => context.stage), ["connect", "publish"])
    );
  });
}

for (const kind of KINDS) {
  Deno.test(`${kind}: a heartbeat detects a worker that is blocked or has vanished, and no other one`, async () => {
    await using blocked = startWorker(kind, PROGRAM);
    await using gone = startWorker(kind, PROGRAM);
    await using living = startWorker(kind, PROGRAM);
    await using served = openHost([blocked.worker, gone.worker, living.worker], { heartbeatMs: 1000 });
    await eventually(() => assertEquals(served.log.length, 3));
    const lost = [blocked, gone].map(async ({ worker }, i) => {
      const spoke = served.host.addWorker(worker);
      const pubsub = createPubSub<{ answer: unknown }>({ eventTarget: spoke });
      const error = await assertRejects(() => pubsub.subscribe("answer").next(), ConnectionLostError);
      // An emitter reports a worker that was terminated.
      assertEquals(error.code, i === 1 && kind === "node:worker_threads" ? undefined : HEARTBEAT_TIMEOUT);
    });
    served.host.addWorker(blocked.worker).publish(envelope("ask", "hang"));
    await gone[Symbol.asyncDispose]();
    await Promise.all(lost);
    const answers = payloadsOf(served.host, "answer");
    served.host.publish(envelope("ask", "1", "alive"));
    await eventually(() => assertEquals(answers, ["alive"]));
    await eventually(() => assertEquals([served.host.connectionCount, served.host.closingCount], [1, 0]));
  });
}

Deno.test("a heartbeat detects a host that has vanished", async () => {
  using ports = openPorts();
  await using served = openHost([ports.port1]);
  await using thread = openThread(ports.port2, { heartbeatMs: 200 });
  await thread.link.flush();
  served.host.removeWorker(ports.port1);
  const error = await thread.link.closed;
  assertInstanceOf(error, ConnectionLostError);
  assertEquals(error.code, HEARTBEAT_TIMEOUT);
});

Deno.test("a flush of a host waits for workers that have not started", async () => {
  using ports = openPorts();
  await using served = openHost([ports.port1]);
  served.host.publish(envelope("news", "1", "early"));
  const flushed = served.host.flush();
  await using thread = openThread(ports.port2);
  const heard = payloadsOf(thread.link, "news");
  await flushed;
  assertEquals(heard, ["early"]);
});

Deno.test("events published while a worker connects arrive, including transferables", async () => {
  using ports = openPorts();
  const buffer = new Uint8Array([1]).buffer;
  const payload = { n: 1 };
  const seen: number[] = [];
  const host = createWorkerHostEventTarget(ports.port1, {
    transferables: buffers,
    onConnection() {
      host.publish(envelope("news", "1", payload));
      payload.n = 2;
      host.publish(envelope("news", "2", buffer));
      seen.push(buffer.byteLength);
    },
  });
  await using _host = host;
  await using thread = openThread(ports.port2);
  const heard = payloadsOf(thread.link, "news");
  await eventually(() => assertEquals(heard.length, 2));
  assertEquals([heard, seen], [[{ n: 1 }, new Uint8Array([1]).buffer], [0]]);
});

Deno.test("an event with transferables keeps its place, before and after the other side has started", async () => {
  using ports = openPorts();
  const moves = {
    transferables: ({ payload }: EventEnvelope) =>
      payload instanceof MessagePort || payload instanceof ArrayBuffer ? [payload] : [],
  };
  await using thread = openThread(ports.port2, moves);
  await using served = openHost([], moves);
  const heard = payloadsOf(served.host, "news");
  const far: MessagePort[] = [];
  const publishAll = (): void => {
    const channel = new MessageChannel();
    far.push(channel.port2);
    for (const payload of [1, channel.port1, 2, new ArrayBuffer(3), 4]) {
      thread.link.publish(envelope("news", "1", payload));
    }
  };
  publishAll();
  served.host.addWorker(ports.port1);
  await thread.link.flush();
  publishAll();
  await thread.link.flush();
  const names = heard.map((each) =>
    each instanceof MessagePort ? "port" : each instanceof ArrayBuffer ? "buffer" : each
  );
  assertEquals(names, [1, "port", 2, "buffer", 4, 1, "port", 2, "buffer", 4]);
  for (const [i, port] of heard.filter((each) => each instanceof MessagePort).entries()) {
    const answered = new Promise((resolve) => port.onmessage = ({ data }) => resolve(data));
    far[i]?.postMessage(`hello ${i}`);
    assertEquals(await answered, `hello ${i}`);
    port.close();
    far[i]?.close();
  }
  assertEquals([served.faults, thread.faults], [[], []]);
});

Deno.test("an event of some megabytes crosses in both directions, and waits for a busy worker", async () => {
  using ports = openPorts();
  await using served = openHost([ports.port1]);
  await using thread = openThread(ports.port2);
  const text = "x".repeat(1024 * 1024);
  const heard = [payloadsOf(served.host, "news"), payloadsOf(thread.link, "news")];
  await thread.link.flush();
  for (const target of [served.host, thread.link]) target.publish(envelope("news", "1", text));
  await eventually(() => assertEquals(heard.map(([first]) => first === text), [true, true]));

  const busy = new FakeWorker();
  const spoke = served.host.addWorker(busy);
  const payload = { version: 1, batch: true, maxFrameBytes: 2 ** 24 };
  busy.receive({ frame: { type: "__hello", id: "", payload }, bytes: 1 });
  busy.receive({ ready: "open" });
  for (let turn = 0; turn < 4; turn++) {
    spoke.publish(envelope("news", "1", text.slice(1000)));
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  assertEquals([served.host.connectionCount, busy.posted.length, served.faults], [2, 6, []]);
  assert(served.host.removeWorker(busy));
});

Deno.test("an event that is too large does not detach its buffer", async () => {
  using ports = openPorts();
  await using served = openHost([ports.port1], { transferables: buffers });
  await using thread = openThread(ports.port2, { maxFrameBytes: 65_536 });
  const heard = payloadsOf(thread.link, "news");
  await thread.link.flush();
  // Nothing waits for one that has not started once it is forgotten.
  const unstarted = new FakeWorker();
  served.host.addWorker(unstarted);
  assert(served.host.removeWorker(unstarted));
  const large = new ArrayBuffer(100_000);
  for (const target of [served.host, served.host.addWorker(ports.port1)]) {
    target.publish(envelope("news", "1", large));
  }
  assertEquals(served.faults.map(({ context }) => context.stage), ["encode"], "reported once a spoke");
  assertEquals([large.byteLength, heard], [100_000, []]);
});

Deno.test("node:worker_threads: an exit ends the subscriptions of that worker", async () => {
  await using opened = startWorker("node:worker_threads", PROGRAM);
  await using served = openHost([opened.worker]);
  await eventually(() => assertEquals(served.log, ["connection"]));
  const spoke = served.host.addWorker(opened.worker);
  await opened[Symbol.asyncDispose]();
  assertInstanceOf(await spoke.closed, ConnectionLostError);
  await eventually(() =>
    assertStringIncludes(String(served.faults[0]?.error), "The worker exited with the code")
  );
});

Deno.test("events that a thread publishes before its host listens wait for it", async () => {
  using ports = openPorts();
  await using thread = openThread(ports.port2);
  thread.link.publish(envelope("news", "1", "early"));
  // No event in flight has been delivered when this returns.
  await new Promise((resolve) => setTimeout(resolve, 0));
  await using served = openHost([ports.port1]);
  const heard = payloadsOf(served.host, "news");
  await eventually(() => assertEquals(heard, ["early"]));
  assertEquals(thread.link.status.state, "open");
});

Deno.test("events that wait for the other side to start are bounded, and dropped ones are reported", async () => {
  const maxBufferedBytes = 100_000;
  for (const side of ["host", "thread"] as const) {
    const worker = new FakeWorker();
    const faults: string[] = [];
    const options = {
      maxBufferedBytes,
      onError: (_: unknown, { stage, topic }: { stage: string; topic?: string | undefined }) =>
        void faults.push(`${stage} ${topic}`),
    };
    const target = side === "host"
      ? createWorkerHostEventTarget(worker, options)
      : createWorkerThreadEventTarget(worker, options);
    const text = "x".repeat(10_000);
    for (const id of ["1", "2", "3", "4", "5", "6"]) target.publish(envelope("news", id, text));
    assertEquals(faults, ["backpressure news:5", "backpressure news:6"]);
    worker.receive({ ready: side === "host" ? "open" : "hub" });
    const sent = worker.posted.flatMap(({ frame }) => frame as EventEnvelope | EventEnvelope[] | undefined);
    assertEquals(sent.filter((each) => each?.type === "news").map((each) => each?.id), ["1", "2", "3", "4"]);
    worker.emit("close");
    await target.close();
  }
});

Deno.test("a payload that is changed after publish is sent unchanged, even when it is large", async () => {
  using ports = openPorts();
  await using thread = openThread(ports.port2);
  const payload = { text: "x".repeat(100_000), n: 1 };
  thread.link.publish(envelope("news", "1", payload));
  payload.n = 2;
  await using served = openHost([ports.port1]);
  const heard = payloadsOf(served.host, "news");
  await eventually(() => assertEquals(heard.length, 1));
  assertEquals((heard[0] as typeof payload).n, 1);
});

Deno.test("transferred buffers arrive at every worker, and are detached here", async () => {
  using one = openPorts();
  using two = openPorts();
  await using served = openHost([one.port1, two.port1], { transferables: buffers });
  await using first = openThread(one.port2, { transferables: buffers });
  await using second = openThread(two.port2);
  const heard = [first, second].map(({ link }) => payloadsOf(link, "bytes"));
  await Promise.all([first.link.flush(), second.link.flush()]);

  const shared = new Uint8Array([1, 2, 3]).buffer;
  served.host.publish(envelope("bytes", "1", shared));
  assertEquals(shared.byteLength, 0);
  const alone = new Uint8Array([4]).buffer;
  served.host.addWorker(one.port1).publish(envelope("bytes", "1", alone));
  assertEquals(alone.byteLength, 0);
  // One that cannot be cloned must not take the buffer of its neighbour along.
  served.host.publish(envelope("bytes", "1", () => {}));
  await served.host.flush();
  assertEquals(heard.map((payloads) => payloads.map((each) => [...new Uint8Array(each as ArrayBuffer)])), [
    [[1, 2, 3], [4]],
    [[1, 2, 3]],
  ]);

  const back = payloadsOf(served.host, "bytes");
  const returned = new Uint8Array([5, 6]).buffer;
  first.link.publish(envelope("bytes", "1", returned));
  assertEquals(returned.byteLength, 0);
  await first.link.flush();
  assertEquals([...new Uint8Array(back[0] as ArrayBuffer)], [5, 6]);
  // A buffer that is gone cannot be sent again.
  first.link.publish(envelope("bytes", "1", returned));
  assertEquals(first.faults.map(({ context }) => [context.stage, context.topic]), [["encode", "bytes:1"]]);
});

Deno.test("an event that cannot be cloned is reported once, however many workers it was for", async () => {
  using one = openPorts();
  using two = openPorts();
  await using served = openHost([one.port1, two.port1]);
  await using first = openThread(one.port2);
  await using second = openThread(two.port2);
  const heard = [first, second].map(({ link }) => payloadsOf(link, "news"));
  await Promise.all([first.link.flush(), second.link.flush()]);
  for (const payload of UNCLONABLE) {
    served.host.publish(envelope("news", "1", 1));
    served.host.publish(envelope("news", "1", payload));
  }
  await served.host.flush();
  assertEquals(heard, [UNCLONABLE.map(() => 1), UNCLONABLE.map(() => 1)]);
  assertEquals(served.faults.map(({ context }) => context.stage), UNCLONABLE.map(() => "encode"));
});

Deno.test("a program that publishes and closes when an event cannot be cloned loses no event of that turn", async () => {
  using ports = openPorts();
  await using served = openHost([ports.port1]);
  const heard = payloadsOf(served.host, "news");
  await using thread = openThread(ports.port2, {
    onError() {
      thread.link.publish(envelope("news", "1", "last"));
      void thread.link.close();
    },
  });
  await thread.link.flush();
  for (const payload of [1, () => {}, 2, 3]) thread.link.publish(envelope("news", "1", payload));
  await thread.link.closed;
  assertEquals([heard, served.faults], [[1, 2, 3, "last"], []]);
});

Deno.test("whatever a thread sends in this library's name affects nothing else, and its own messages stay its own", async () => {
  using ports = openPorts();
  await using served = openHost([ports.port1]);
  await using thread = openThread(ports.port2);
  const heard = payloadsOf(served.host, "news");
  await thread.link.flush();
  const own: unknown[] = [];
  ports.port1.addEventListener("message", ({ data }) => own.push(data));
  const mark = "@alkdev/pubsub";
  for (const taken of [-1, NaN, "9", 2 ** 60, null, {}]) ports.port2.postMessage({ [mark]: 1, taken });
  for (const bytes of [-1, NaN, "9", null, 1.5]) ports.port2.postMessage({ [mark]: 1, frame: null, bytes });
  for (const frame of [5, [[]], { type: "__hello", id: "" }, { type: 5 }, new Map()]) {
    ports.port2.postMessage({ [mark]: 1, frame });
  }
  for (const ready of ["hub", "link", "open", 5]) ports.port2.postMessage({ [mark]: 1, ready });
  const foreign = [{ [mark]: 2, frame: 1 }, null, 5, "text", { frame: [] }];
  for (const message of foreign) ports.port2.postMessage(message);
  thread.link.publish(envelope("news", "1", "after"));
  await thread.link.flush();
  assertEquals(heard, ["after"]);
  assertEquals(own.filter((data) => (data as Record<string, unknown> | null)?.[mark] !== 1), foreign);
  assertEquals(new Set(served.faults.map(({ context }) => context.stage)), new Set(["decode"]));
  assertEquals(served.host.connectionCount, 1);
});

Deno.test("an event that is larger than the other end accepts is reported alone, even before that end has started", async () => {
  using ports = openPorts();
  await using served = openHost([ports.port1]);
  for (const payload of ["x".repeat(60_000), 1]) served.host.publish(envelope("news", "1", payload));
  await using thread = openThread(ports.port2, { maxFrameBytes: 65_536 });
  const heard = payloadsOf(thread.link, "news");
  await eventually(() => assertEquals(heard, [1]));
  assertEquals(served.faults.map(({ context }) => [context.stage, context.topic]), [["encode", "news:1"]]);
});

Deno.test("an option that is undefined is as one that is absent", async () => {
  using ports = openPorts();
  const host = createWorkerHostEventTarget(
    ports.port1,
    { maxFrameBytes: undefined, onError: undefined } as object,
  );
  await using opened = openThread(
    ports.port2,
    { maxFrameBytes: undefined, connectTimeoutMs: undefined } as object,
  );
  const { link } = opened;
  const payload = "x".repeat(2_000_000);
  const heard: unknown[] = [];
  host.listen("big", undefined, { onEvent: ({ payload }) => void heard.push(payload) });
  await link.flush();
  link.publish({ type: "big", id: "1", payload });
  await link.flush();
  assertEquals([heard.length, heard[0] === payload], [1, true]);
  await host.close();
});

Deno.test("a thread that waits for its host has no limit, also where the option is undefined", async () => {
  await withClock(async (clock) => {
    using ports = openPorts();
    const { link } = openThread(ports.port2, { connectTimeoutMs: undefined } as object);
    await clock.pass(60_000);
    assertEquals(link.status.state, "connecting");
    void link.close();
    await clock.pass(10_000);
    assertEquals(link.status.state, "closed");
  });
});

Deno.test("removeWorker removes a worker, and another value is a TypeError", async () => {
  using ports = openPorts();
  await using served = openHost([ports.port1]);
  await using thread = openThread(ports.port2);
  await thread.link.flush();
  assertEquals(served.host.removeWorker(ports.port1), true);
  assertEquals(served.host.removeWorker(ports.port1), false);
  assertEquals([served.host.connectionCount, served.log], [0, ["connection", "disconnection"]]);
  for (const none of [null, {}, 5, { postMessage() {} }]) {
    // The type does not allow it; at run time anybody can.
    const worker = none as unknown as WorkerLike;
    assertThrows(() => createWorkerHostEventTarget(worker), TypeError);
    assertThrows(() => served.host.addWorker(worker), TypeError);
    const fake = new FakeWorker();
    assertThrows(() => createWorkerHostEventTarget([fake, worker]), TypeError);
    assertEquals([fake.listenedTo, fake.posted], [[], []]);
  }
  assertThrows(() => createWorkerThreadEventTarget(), TypeError, "not a worker");
});

Deno.test("a hundred workers are opened and closed", async () => {
  await using served = openHost([]);
  const answers = payloadsOf(served.host, "answer");
  for (let batch = 0; batch < 10; batch++) {
    const opened = Array.from({ length: 10 }, (_, i) => startWorker(KINDS[i % 2] ?? "Worker", PROGRAM));
    const spokes = opened.map(({ worker }) => served.host.addWorker(worker));
    for (const [i, spoke] of spokes.entries()) spoke.publish(envelope("ask", "1", batch * 10 + i));
    await eventually(() => assertEquals(answers.length, batch * 10 + 10));
    await Promise.all(spokes.map((spoke) => spoke.close()));
    await Promise.all(opened.map((each) => each[Symbol.asyncDispose]()));
  }
  assertEquals(answers.toSorted((a, b) => Number(a) - Number(b)), Array.from({ length: 100 }, (_, i) => i));
  assertEquals([served.host.connectionCount, served.host.closingCount, served.host.topicCount], [0, 0, 0]);
  assertEquals(served.faults, []);
});
