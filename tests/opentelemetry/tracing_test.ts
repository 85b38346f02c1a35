import { assertEquals, assertMatch, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import * as api from "@opentelemetry/api";
import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base";
import {
  createInProcessEventTarget,
  createPubSub,
  createWebSocketClientEventTarget,
  type EventEnvelope,
} from "@alkdev/pubsub";
import { createMemoryHistory, createResume } from "@alkdev/pubsub/history";
import { tracing } from "@alkdev/pubsub/opentelemetry";
import { defineEvents } from "@alkdev/pubsub/schemas";
import { createPair } from "@alkdev/pubsub/testing";
import * as z from "zod";
import { FakeSocket } from "../support/fake_socket.ts";
import { unhandledRejections } from "../support/unhandled_rejections.ts";
import { clearSpans, idOf, inSpan, linkedTo, spans, testSpans } from "../support/spans.ts";

type Events = { "order.placed": { total: number } };

const order: EventEnvelope = { type: "order.placed", id: "1", payload: { total: 12 } };

/** A link over a fake socket, which a hub has greeted, and the texts of its events. */
function openLink(options: Parameters<typeof tracing>[0] = { api }) {
  const socket = new FakeSocket();
  const link = createWebSocketClientEventTarget(socket, {
    tracing: tracing(options),
    connectTimeoutMs: Infinity,
  });
  socket.receive("__hello", "", { version: 1, batch: true });
  socket.sent.length = 0;
  return { socket, link };
}

testSpans("an event that is published in a span gets a publish span, and its callback a process span", () => {
  const pubsub = createPubSub<Events>({
    eventTarget: createInProcessEventTarget({ tracing: tracing({ api, inProcess: true }) }),
  });
  let active: api.SpanContext | undefined;
  pubsub.on("order.placed", "1", () => active = api.trace.getActiveSpan()?.spanContext());
  const program = inSpan(() => pubsub.publish("order.placed", "1", { total: 12 }));
  const [process, publish] = spans().filter(({ name }) => name !== "program");
  assertEquals([process?.name, publish?.name], ["process order.placed", "publish order.placed"]);
  assertEquals([process?.kind, publish?.kind], [api.SpanKind.CONSUMER, api.SpanKind.PRODUCER]);
  assertEquals(publish?.parentSpanContext?.spanId, program.spanId);
  assertEquals(process?.parentSpanContext?.spanId, idOf(publish));
  assertEquals(linkedTo(process), [idOf(publish)]);
  assertEquals(active?.spanId, idOf(process));
  assertEquals(publish?.attributes, {
    "messaging.system": "alkdev_pubsub",
    "messaging.operation.name": "publish",
    "messaging.operation.type": "send",
    "messaging.destination.name": "order.placed:1",
    "messaging.destination.template": "order.placed",
    "alkdev.pubsub.target": "InProcessEventTarget",
  });
  assertEquals(process?.attributes["messaging.operation.type"], "process");
  assertEquals(publish?.instrumentationScope.name, "@alkdev/pubsub");
});

testSpans("without inProcess, an in-process event target makes no spans", () => {
  const eventTarget = createInProcessEventTarget({ tracing: tracing({ api }) });
  const pubsub = createPubSub<Events>({ eventTarget });
  let active: api.SpanContext | undefined;
  pubsub.on("order.placed", "1", () => active = api.trace.getActiveSpan()?.spanContext());
  const program = inSpan(() => pubsub.publish("order.placed", "1", { total: 12 }));
  assertEquals([active?.spanId, spans().map(({ name }) => name)], [program.spanId, ["program"]]);
});

testSpans(
  "an event that is published outside of a span, or in one that is not sampled, is not traced",
  async () => {
    const { link, socket } = openLink();
    const pubsub = createPubSub<Events>({ eventTarget: link });
    pubsub.publish("order.placed", "1", { total: 12 });
    const unsampled = { traceId: "1".repeat(32), spanId: "1".repeat(16), traceFlags: api.TraceFlags.NONE };
    api.context.with(api.trace.setSpanContext(api.ROOT_CONTEXT, unsampled), () => link.publish(order));
    await Promise.resolve();
    assertEquals([socket.sent.length, socket.sent.join().includes("trace")], [1, false]);
    assertEquals(spans(), []);
  },
);

testSpans("an object that is published again is not in the trace of its first time", async () => {
  const { link, socket } = openLink();
  inSpan(() => link.publish(order));
  await Promise.resolve();
  link.publish(order);
  await Promise.resolve();
  assertEquals(socket.sent.map((text) => text.includes('"trace":"00-')), [true, false]);
  assertEquals(spans("publish order.placed").length, 1);
});

testSpans(
  "a link sends the trace of its publish span, and links what it hears to the span that published it",
  async () => {
    const { link, socket } = openLink();
    const pubsub = createPubSub<Events>({ eventTarget: link });
    inSpan(() => pubsub.publish("order.placed", "1", { total: 12 }));
    await Promise.resolve();
    const [publish] = spans("publish order.placed");
    const { traceId, spanId } = publish?.spanContext() ?? {};
    assertEquals(JSON.parse(socket.sent[0] ?? ""), { ...order, trace: `00-${traceId}-${spanId}-01` });
    const heard: object[] = [];
    pubsub.on("order.placed", (event) => heard.push(event));
    const trace = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
    // The socket may be in the context of what opened it.
    inSpan(() => socket.fire("message", { data: JSON.stringify({ ...order, trace }) }));
    assertEquals(heard, [order]);
    const [process] = spans("process order.placed");
    assertEquals(linkedTo(process), ["b".repeat(16)]);
    assertEquals(process?.parentSpanContext, undefined);
    assertNotEquals(process?.spanContext().traceId, "a".repeat(32));
  },
);

testSpans("with consumerSpans child, what is heard is in the trace of its publisher", () => {
  const { link, socket } = openLink({ api, consumerSpans: "child" });
  createPubSub<Events>({ eventTarget: link }).on("order.placed", () => {});
  const trace = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  socket.fire("message", { data: JSON.stringify({ ...order, trace }) });
  const [process] = spans();
  assertEquals(process?.spanContext().traceId, "a".repeat(32));
  assertEquals(process?.parentSpanContext?.spanId, "b".repeat(16));
});

testSpans("a trace that is malformed, or not sampled, is ignored", () => {
  const { link, socket } = openLink();
  const heard: object[] = [];
  createPubSub<Events>({ eventTarget: link }).on("order.placed", (event) => heard.push(event));
  const [id, span] = ["a".repeat(32), "b".repeat(16)];
  const traces = [
    ...[null, 1, "", {}, [], true, `00-${id}-${span}-00`, `00-${id}-${span}`, `ff-${id}-${span}-01`],
    ...[
      `00-${"0".repeat(32)}-${span}-01`,
      `00-${id}-${"0".repeat(16)}-01`,
      `00-${id.toUpperCase()}-${span}-01`,
    ],
    ...[`00-${id}-${span}-01\n`, ` 00-${id}-${span}-01`, "x".repeat(100_000)],
  ];
  for (const trace of traces) socket.fire("message", { data: JSON.stringify({ ...order, trace }) });
  assertEquals(heard, traces.map(() => order));
  assertEquals(spans(), []);
});

testSpans("a span lasts until the promise of its callback has settled, and says why it failed", async () => {
  const faults: unknown[] = [];
  const eventTarget = createInProcessEventTarget({
    tracing: tracing({ api, inProcess: true }),
    onError: (error) => void faults.push(error.message),
  });
  const pubsub = createPubSub<Events>({ eventTarget });
  const { promise, resolve } = Promise.withResolvers<void>();
  pubsub.on("order.placed", "slow", () => promise);
  pubsub.on("order.placed", "bad", () => {
    throw new RangeError("no such order");
  });
  pubsub.on("order.placed", "late", () => Promise.reject("no error"));
  inSpan(() => {
    for (const id of ["slow", "bad", "late"]) pubsub.publish("order.placed", id, { total: 1 });
  });
  await new Promise((resolve) => setTimeout(resolve));
  const process = spans("process order.placed");
  assertEquals(process.map(({ status }) => status.message), ["no such order", "no error"]);
  assertEquals(process.map(({ attributes }) => attributes["error.type"]), ["RangeError", "Error"]);
  assertEquals(process.map(({ events }) => events[0]?.name), ["exception", "exception"]);
  assertEquals(faults, ["no such order", "no error"]);
  resolve();
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(spans("process order.placed").length, 3);
});

testSpans(
  "the reader of an iterator traces its work by itself, also with schemas and a history",
  async () => {
    const events = defineEvents({ "order.placed": z.object({ total: z.number().transform(String) }) });
    const history = createMemoryHistory({ "order.placed": { perId: 10 } });
    for (const options of [{}, { history }]) {
      clearSpans();
      const traces = tracing({ api, inProcess: true });
      const eventTarget = createInProcessEventTarget({ ...options, tracing: traces });
      const pubsub = createPubSub({ eventTarget, events });
      const orders = pubsub.subscribe("order.placed");
      inSpan(() => pubsub.publish("order.placed", "1", { total: 12 }));
      const { value } = await orders.next();
      const result = traces.process(value ?? order, () => value?.payload.total);
      assertEquals(result, "12");
      const [process] = spans("process order.placed");
      assertEquals(linkedTo(process), [idOf(spans("publish order.placed")[0])]);
      assertEquals(traces.process({ ...order }, () => 1), 1);
      assertEquals(spans("process order.placed").length, 1);
    }
  },
);

testSpans("a hub continues the traces of the spokes that it trusts, and of no other", async () => {
  for (const [trustPeers, isTraced] of [[undefined, false], [false, false], [true, true]] as const) {
    clearSpans();
    const traces = tracing({ api, ...(trustPeers !== undefined && { trustPeers }) });
    await using pair = createPair<Events>({ hub: { tracing: traces }, link: { tracing: tracing({ api }) } });
    const heard: EventEnvelope[] = [];
    pair.hub.pubsub.on("order.placed", (event) => heard.push(event));
    inSpan(() => pair.link.pubsub.publish("order.placed", "1", { total: 12 }));
    await pair.settle();
    assertEquals(heard, [order]);
    assertEquals(spans("publish order.placed").length, 1);
    assertEquals(spans("process order.placed").length, isTraced ? 1 : 0);
  }
});

testSpans("trustPeers can decide by the spoke, and one that throws trusts nobody", async () => {
  const faults: string[] = [];
  const trusted = new Set<object>();
  let asked = 0;
  await using pair = createPair<Events>({
    hub: {
      onError: (error) => void faults.push(error.message),
      tracing: tracing({
        api,
        trustPeers(spoke) {
          if (++asked > 2) throw new Error("cannot say");
          return trusted.has(spoke);
        },
      }),
    },
    link: { tracing: tracing({ api }) },
  });
  pair.hub.pubsub.on("order.placed", () => {});
  const publish = async () => {
    inSpan(() => pair.link.pubsub.publish("order.placed", "1", { total: 12 }));
    await pair.settle();
    return spans("process order.placed").length;
  };
  assertEquals(await publish(), 0);
  for (const spoke of pair.hub.eventTarget.spokes) trusted.add(spoke);
  assertEquals(await publish(), 1);
  assertEquals(await publish(), 1);
  assertEquals(faults, ["cannot say"]);
});

testSpans("behind authorize, each event keeps its own trace", async () => {
  const upstream = createInProcessEventTarget();
  const traces = tracing({ api, trustPeers: true });
  const answers: (() => void)[] = [];
  await using pair = createPair<Events>({
    hub: {
      upstream,
      tracing: traces,
      authorize: ({ action }) =>
        action === "subscribe" || new Promise<true>((resolve) => answers.push(() => resolve(true))),
    },
    link: { tracing: tracing({ api }) },
  });
  const reader = pair.addLink({ tracing: tracing({ api }) });
  const orders = reader.pubsub.subscribe("order.placed");
  await orders.ready;
  inSpan(() => pair.link.pubsub.publish("order.placed", "1", { total: 1 }));
  pair.link.pubsub.publish("order.placed", "2", { total: 2 });
  inSpan(() => pair.link.pubsub.publish("order.placed", "3", { total: 3 }));
  while (answers.length < 3) await new Promise((resolve) => setTimeout(resolve));
  for (const answer of answers.reverse()) answer();
  await pair.settle();
  const published = spans("publish order.placed");
  const found: unknown[] = [];
  for (let i = 0; i < 3; i++) {
    const { value } = await orders.next();
    clearSpans();
    traces.process(value ?? order, () => {});
    found.push([value?.id, ...linkedTo(spans("process order.placed")[0])]);
  }
  assertEquals(found, [["1", idOf(published[0])], ["2"], ["3", idOf(published[1])]]);
});

testSpans(
  "what the program of a hub publishes keeps its trace on the way over an upstream in the process",
  async () => {
    const history = createMemoryHistory({ "order.placed": { perId: 10 } });
    for (const options of [{}, { history }]) {
      clearSpans();
      const traces = tracing({ api });
      const upstream = createInProcessEventTarget({ ...options, tracing: traces });
      await using pair = createPair<Events>({
        hub: { upstream, tracing: traces },
        link: { tracing: traces },
      });
      const own = pair.hub.pubsub.subscribe("order.placed");
      pair.link.pubsub.on("order.placed", () => {});
      await pair.settle();
      inSpan(() => pair.hub.pubsub.publish("order.placed", "1", { total: 1 }));
      await pair.settle();
      traces.process((await own.next()).value ?? order, () => {});
      const publisher = idOf(spans("publish order.placed")[0]);
      assertEquals(spans("process order.placed").map(linkedTo), [[publisher], [publisher]]);
    }
  },
);

testSpans("a replayed event, and a live one on a link that resumes, keep their trace", async () => {
  const history = createMemoryHistory({ "order.placed": { perId: 10 } });
  const traces = tracing({ api });
  await using pair = createPair<Events>({
    hub: { history, tracing: traces },
    link: { tracing: traces, resume: createResume() },
  });
  inSpan(() => pair.hub.pubsub.publish("order.placed", "1", { total: 1 }));
  const heard: string[] = [];
  const started = pair.link.pubsub.on("order.placed", ({ id, at }) => heard.push(`${id} ${typeof at}`), {
    from: "start",
  });
  await started.replayed;
  inSpan(() => pair.hub.pubsub.publish("order.placed", "2", { total: 2 }));
  await pair.settle();
  assertEquals(heard, ["1 string", "2 string"]);
  const published = spans("publish order.placed").map((span) => [idOf(span)]);
  assertEquals(spans("process order.placed").map(linkedTo), published);
});

testSpans("listeners and peers without a tracing do not see the trace", async () => {
  await using pair = createPair<Events>({ hub: { tracing: tracing({ api }) } });
  const orders = pair.link.pubsub.subscribe("order.placed");
  await orders.ready;
  inSpan(() => pair.hub.pubsub.publish("order.placed", "1", { total: 12 }));
  assertEquals((await orders.next()).value, order);
  assertEquals(spans("publish order.placed").length, 1);
});

testSpans("a tracing needs the module of the API, and a known kind of consumer spans", () => {
  const none: unknown = {};
  assertThrows(() => tracing(none as Parameters<typeof tracing>[0]), TypeError, "pass `import * as api");
  const consumerSpans: unknown = "parent";
  const error = assertThrows(
    () => tracing({ api, consumerSpans: consumerSpans as "link" }),
    TypeError,
  );
  assertMatch(error.message, /"link" or "child"/);
});

for (const part of ["a sampler", "onStart of a processor", "onEnd of a processor"]) {
  testSpans(`${part} that throws keeps no event from anybody, and is logged by OpenTelemetry`, async () => {
    const fail = (own: string): void => {
      if (own === part) throw new Error(part);
    };
    const provider = new BasicTracerProvider({
      spanProcessors: [{
        onStart: () => fail("onStart of a processor"),
        onEnd: () => fail("onEnd of a processor"),
        forceFlush: () => Promise.resolve(),
        shutdown: () => Promise.resolve(),
      }],
    });
    const tracer = provider.getTracer("failing");
    const startSpan: typeof tracer.startSpan = (...args) => {
      fail("a sampler");
      return tracer.startSpan(...args);
    };
    const logged: unknown[] = [];
    const { getSpan, setSpan, setSpanContext } = api.trace;
    const failing = {
      trace: {
        getTracer: () => ({ startSpan }),
        getSpan,
        setSpan,
        setSpanContext,
      },
      context: api.context,
      ROOT_CONTEXT: api.ROOT_CONTEXT,
      diag: { error: (_: string, error: unknown) => void logged.push(String(error)) },
    };
    const errors: unknown[] = [];
    const traces = tracing({ api: failing, inProcess: true });
    const eventTarget = createInProcessEventTarget({
      tracing: traces,
      onError: (error) => void errors.push(error),
    });
    const pubsub = createPubSub<Events>({ eventTarget });
    const heard: number[] = [];
    pubsub.on("order.placed", ({ payload }) => void heard.push(payload.total));
    const subscription = pubsub.subscribe("order.placed");
    const rejections = await unhandledRejections(async () => {
      inSpan(() => pubsub.publish("order.placed", "1", { total: 12 }));
      const { value } = await subscription.next();
      assertEquals([heard, value?.payload.total], [[12], 12]);
      traces.arrive(order, `00-${"1".repeat(32)}-${"2".repeat(16)}-01`);
      assertEquals(await traces.process(order, () => Promise.resolve(5)), 5);
      await assertRejects(() => traces.process(order, () => Promise.reject(new Error("of the program"))));
    });
    assertEquals([errors, rejections], [[], []]);
    assertEquals(new Set(logged), new Set([`Error: ${part}`]));
  });
}

Deno.test("options of a wrong type are refused, so that no text trusts everybody", () => {
  const create = tracing as (options: object) => unknown;
  for (const trustPeers of ["false", 0, null, {}]) {
    assertThrows(
      () => create({ api, trustPeers }),
      TypeError,
      "as trustPeers: it must be a boolean or a function",
    );
  }
  assertThrows(() => create({ api, consumerSpans: "none" }), TypeError, 'it must be "link" or "child"');
});
