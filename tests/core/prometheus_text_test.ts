import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  createInProcessEventTarget,
  createPubSub,
  createWebSocketClientEventTarget,
  createWebSocketServerEventTarget,
  prometheusText,
} from "@alkdev/pubsub";
import * as fc from "fast-check";
import { FakeSocket } from "../support/fake_socket.ts";
import { type Family, parseMetrics } from "../support/prometheus_parser.ts";

const FORMATS = ["text", "openmetrics"] as const;

/** The numbers of each kind of target, with some traffic. */
function traffic() {
  const pubsub = createPubSub();
  pubsub.subscribe("a", { capacity: 1, overflow: "drop-oldest" });
  for (let i = 0; i < 3; i++) pubsub.publish("a", "1");
  pubsub.publish("b", "1");
  const hub = createWebSocketServerEventTarget<never, FakeSocket>({
    authorize: ({ type }) => type !== "no",
    onError() {},
  });
  const socket = new FakeSocket();
  const spoke = hub.addConnection(socket);
  socket.receive("__subscribe", "1", { topics: ["a", "no"] });
  socket.receive("a", "1", 1);
  socket.receive("no", "1", 1);
  hub.publish({ type: "a", id: "1", payload: 1 });
  const link = createWebSocketClientEventTarget(new FakeSocket(), { connectTimeoutMs: Infinity });
  link.publish({ type: "a", id: "1", payload: 1 });
  return { pubsub: pubsub.stats(), hub: hub.stats(), spoke: spoke.stats(), link: link.stats() };
}

/** The value of a sample. */
function valueOf(
  families: readonly Family[],
  name: string,
  labels: Record<string, string> = {},
): number | undefined {
  const samples = families.flatMap((family) => family.samples).filter((sample) => sample.name === name);
  return samples.find((sample) =>
    Object.entries(labels).every(([key, value]) => sample.labels[key] === value)
  )?.value;
}

for (const format of FORMATS) {
  Deno.test(`the numbers of every kind of target are written as ${format}`, () => {
    const all = traffic();
    for (const stats of Object.values(all)) {
      const families = parseMetrics(prometheusText(stats, { format }), format === "openmetrics");
      assert(families.length > 8);
      assertEquals(valueOf(families, "pubsub_published_total"), stats.published.total);
      assertEquals(valueOf(families, "pubsub_published_dropped_total", { reason: "closed" }), 0);
      assertEquals(valueOf(families, "pubsub_listeners"), stats.listeners.count);
    }
    const hub = parseMetrics(prometheusText(all.hub, { format }), format === "openmetrics");
    assertEquals(valueOf(hub, "pubsub_heard_dropped_total", { reason: "refused" }), 1);
    assertEquals(valueOf(hub, "pubsub_subscribers_refused_total", { reason: "authorize" }), 1);
    assertEquals(valueOf(hub, "pubsub_connections_current"), 1);
    assertEquals(valueOf(hub, "pubsub_types_heard_total", { type: "a" }), 1);
    assertEquals(valueOf(hub, "pubsub_types_heard_total", { type: "other" }), 1);
    const pubsub = parseMetrics(prometheusText(all.pubsub, { format }), format === "openmetrics");
    assertEquals(valueOf(pubsub, "pubsub_subscriptions_dropped_total"), 2);
  });

  Deno.test(`any event type and any label is read back from ${format}`, () => {
    const text = fc.string({ unit: "grapheme" });
    const type = text.filter((type) =>
      type !== "" && !type.includes(":") && !type.startsWith("_") && type !== "*"
    );
    fc.assert(fc.property(type, text, (type, label) => {
      const target = createInProcessEventTarget();
      target.publish({ type, id: "1", payload: null });
      const families = parseMetrics(
        prometheusText(target.stats(), { format, labels: { hub: label } }),
        format === "openmetrics",
      );
      assertEquals(valueOf(families, "pubsub_types_published_total", { type, hub: label }), 1);
    }));
  });
}

Deno.test("a prefix is written as it is given, and a format that does not exist is refused", () => {
  const stats = createInProcessEventTarget().stats();
  assert(
    prometheusText(stats, { prefix: "ACME_Hub" }).includes("\nACME_Hub_published_handed_over_total 0\n"),
  );
  const options = { format: "json" } as unknown as { format: "text" };
  assertThrows(() => prometheusText(stats, options), TypeError, 'it must be "text" or "openmetrics"');
});

Deno.test("a prefix and labels that Prometheus does not allow are refused", () => {
  const stats = createInProcessEventTarget().stats();
  for (const prefix of ["", "1", "a-b", "a b", "__a", "a\n"]) {
    assertThrows(() => prometheusText(stats, { prefix }), TypeError, "as a prefix");
  }
  assertThrows(() => prometheusText(stats, { labels: { "a.b": "" } }), TypeError, "as a label");
  assertThrows(() => prometheusText(stats, { labels: { reason: "" } }), TypeError, 'the label "reason"');
  for (const value of [8000, undefined, null, {}]) {
    const labels = { port: value } as unknown as Record<string, string>;
    assertThrows(
      () => prometheusText(stats, { labels }),
      TypeError,
      'as the label "port": it must be a string',
    );
  }
  const target: object = createInProcessEventTarget();
  for (const mistake of [target, undefined, {}]) {
    assertThrows(() => prometheusText(mistake as typeof stats), TypeError, "pass what stats() returned");
  }
});
