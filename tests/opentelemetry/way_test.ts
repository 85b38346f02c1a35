import { assert, assertEquals } from "@std/assert";
import * as api from "@opentelemetry/api";
import { decode, encode } from "@msgpack/msgpack";
import {
  createPubSub,
  createWebSocketClientEventTarget,
  createWorkerHostEventTarget,
  createWorkerThreadEventTarget,
  type EventEnvelope,
} from "@alkdev/pubsub";
import { tracing } from "@alkdev/pubsub/opentelemetry";
import {
  type Codec,
  createHub,
  createJsonCodec,
  type EncodedEnvelope,
  type EncodeOptions,
} from "@alkdev/pubsub/wire";
import { eventually } from "../support/eventually.ts";
import { FakeSocket } from "../support/fake_socket.ts";
import { ask, openRedis, openServer } from "../support/redis.ts";
import { idOf, inSpan, linkedTo, type ReadableSpan, spans, testSpans } from "../support/spans.ts";
import { openWay } from "../support/traced_way.ts";

type Events = { "order.placed": { total: number } };

const order: EventEnvelope = { type: "order.placed", id: "1", payload: { total: 12 } };

const traced = { api, trustPeers: true } as const;

/** A page is a link: `tests/long/traced_page_test.ts` has one in a browser. */
function openPage(url: string) {
  return createWebSocketClientEventTarget(() => new WebSocket(url), { tracing: tracing({ api }) });
}

function traceIdOf(span: ReadableSpan | undefined): string | undefined {
  return span?.spanContext().traceId;
}

testSpans("one trace leads from a page over a hub, Redis and another hub to a spoke", async () => {
  await using way = await openWay(tracing({ ...traced, consumerSpans: "child" }), 1);
  await using page = openPage(way.url);
  const program = inSpan(() => page.publish(order));
  await eventually(() => spans("process order.placed").length === 1);
  const [sent, hub] = spans("publish order.placed");
  const [spoke] = spans("process order.placed");
  assertEquals([sent, hub, spoke].map(traceIdOf), Array(3).fill(program.traceId));
  assertEquals(
    [sent, hub, spoke].map((span) => span?.parentSpanContext?.spanId),
    [program.spanId, idOf(sent), idOf(hub)],
  );
  assertEquals([sent, hub].map((span) => span?.attributes["alkdev.pubsub.target"]), [
    "WebSocketClientEventTarget",
    "RedisEventTarget",
  ]);
});

testSpans(
  "at a fan-out each spoke begins a trace of its own, with a link to the span that published",
  async () => {
    await using way = await openWay(tracing(traced), 3);
    await using page = openPage(way.url);
    inSpan(() => page.publish(order));
    await eventually(() => spans("process order.placed").length === 3);
    const hub = spans("publish order.placed")[1];
    const readers = spans("process order.placed");
    assertEquals(readers.map(linkedTo), Array(3).fill([idOf(hub)]));
    assertEquals(readers.map((span) => span.parentSpanContext), Array(3).fill(undefined));
    assertEquals(new Set([hub, ...readers].map(traceIdOf)).size, 4);
  },
);

testSpans(
  "in Redis the trace is in the message, whatever the serializer, and a program without a tracing does not see it",
  async () => {
    await using server = await openServer();
    const msgpack = {
      binary: true,
      stringify: (value: unknown) => encode(value),
      parse: (bytes: Uint8Array) => decode(bytes),
    } as const;
    for (const serializer of [JSON, msgpack]) {
      const prefix = `traced.${crypto.randomUUID()}.`;
      const traces = tracing({ api });
      await using writer = openRedis(server, "ioredis 5", { prefix, serializer, tracing: traces });
      await using reader = openRedis(server, "ioredis 5", { prefix, serializer, tracing: traces });
      await using other = openRedis(server, "ioredis 5", { prefix, serializer });
      const heard: EventEnvelope[] = [];
      const details: unknown[] = [];
      await Promise.all(
        [reader, other].map(({ target }) =>
          new Promise<void>((onReady) =>
            target.listen("order.placed", "1", { onEvent: (event) => void heard.push(event), onReady })
          )
        ),
      );
      other.target.addEventListener("order.placed:1", (event) => details.push(event.detail));
      inSpan(() => writer.target.publish(order));
      await eventually(() => heard.length === 2);
      assertEquals([...heard, ...details], [order, order, order]);
      const publisher = idOf(spans("publish order.placed").at(-1));
      assertEquals(heard.map((event) => traces.traceOf(event)?.split("-")[2]).filter(Boolean), [publisher]);
      // Any JSON can be the detail of a foreign event.
      other.target.dispatchEvent(new CustomEvent("order.placed:1", { detail: { trace: "mine" } }));
      await eventually(() => details.length === 2);
      assertEquals(details[1], { trace: "mine" });
    }
  },
);

testSpans(
  "in the history of Redis an event is kept without harm, and is replayed without its trace",
  async () => {
    await using server = await openServer();
    const history = { "order.placed": { perId: 10 } };
    const prefix = `kept.${crypto.randomUUID()}.`;
    const traces = tracing({ api });
    await using writer = openRedis(server, "ioredis 5", { prefix, history, tracing: traces });
    await using reader = openRedis(server, "ioredis 5", { prefix, history, tracing: traces });
    const orders = createPubSub<Events>({ eventTarget: reader.target }).subscribe("order.placed", "1");
    await orders.ready;
    inSpan(() => writer.target.publish(order));
    writer.target.publish(order);
    const heard = [await orders.next(), await orders.next()].map(({ value }) => value);
    const kept = createPubSub<Events>({ eventTarget: reader.target }).subscribe("order.placed", "1", {
      from: "start",
    });
    const replayed = [await kept.next(), await kept.next()].map(({ value }) => value);
    assertEquals(replayed, heard);
    assertEquals(heard.map((event) => event && traces.traceOf(event) !== undefined), [true, false]);
    assertEquals(replayed.map((event) => event && traces.traceOf(event) !== undefined), [false, false]);
    assertEquals(await ask(server, "ping"), "PONG");
  },
);

testSpans("a worker gets the trace with the structured clone of an event", async () => {
  const { port1, port2 } = new MessageChannel();
  using _ = { [Symbol.dispose]: () => [port1, port2].forEach((port) => port.close()) };
  const traces = tracing({ api });
  await using host = createWorkerHostEventTarget([port1], { tracing: traces });
  await using thread = createWorkerThreadEventTarget(port2, { tracing: traces });
  const { promise, resolve } = Promise.withResolvers<EventEnvelope>();
  thread.listen("order.placed", undefined, { onEvent: resolve });
  await thread.flush();
  const sent = { ...order, payload: new Map([["total", 12]]) };
  inSpan(() => host.publish(sent));
  const heard = await promise;
  assertEquals(heard, sent);
  assertEquals(traces.traceOf(heard)?.split("-")[2], idOf(spans("publish order.placed")[0]));
});

/** A codec of a program, whose parts are private. */
class PrivateCodec implements Codec<string> {
  readonly #json = createJsonCodec();
  readonly options: (EncodeOptions | undefined)[] = [];

  get maxSharedFrameBytes(): number {
    return this.#json.maxSharedFrameBytes ?? 1024;
  }

  encode(envelope: EventEnvelope, control: boolean, options?: EncodeOptions): EncodedEnvelope {
    if (!control) this.options.push(options);
    return this.#json.encode(envelope, control, options);
  }

  encodeFrame(envelopes: readonly EncodedEnvelope[]): string {
    return this.#json.encodeFrame(envelopes);
  }

  isLargerThan(data: unknown, bytes: number): boolean {
    return this.#json.isLargerThan(data, bytes);
  }

  decode(data: unknown): unknown {
    return this.#json.decode(data);
  }
}

testSpans("a codec of the program is given the trace, and keeps its private parts", async () => {
  const codec = new PrivateCodec();
  const socket = new FakeSocket();
  const hub = createHub({
    codec,
    toWire: (socket: FakeSocket) => ({
      state: "open",
      bufferedBytes: 0,
      start(events) {
        events.onOpen();
        socket.addEventListener("message", ({ data }) => events.onFrame(data));
      },
      send: (frame: string) => socket.send(frame),
      close() {},
      detach() {},
    }),
  }, { tracing: tracing({ api }) });
  hub.addConnection(socket);
  socket.receive("__subscribe", "1", { topics: ["order.placed"] });
  inSpan(() => hub.publish(order));
  await Promise.resolve();
  const trace = codec.options[0]?.trace;
  assert(trace?.includes(idOf(spans("publish order.placed")[0]) ?? "none"));
  assertEquals(JSON.parse(socket.sent.at(-1) ?? ""), { ...order, trace });
});
