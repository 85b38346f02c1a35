import { assertEquals, assertMatch, assertStrictEquals, assertThrows } from "../_assert.ts";
import { createPubSub, type EventEnvelope } from "../../mod.ts";
import { asPubSubTarget, envelopeOf, type Events, type Suite } from "./suite.ts";

/** Which details, payloads, types and ids a target carries or refuses. */
export function testPayloads(suite: Suite, unencodable: readonly unknown[] = notJson()): void {
  suite.test("an event of any type carries any detail", async (ends) => {
    const details: unknown[] = [];
    for (const type of ["", "__x", "plain", "a:b:c"]) {
      ends.far.addEventListener(type, (event) => details.push((event as CustomEvent).detail));
    }
    await ends.settle();
    ends.near.dispatchEvent(new CustomEvent("", { detail: 1 }));
    ends.near.dispatchEvent(new CustomEvent("__x", { detail: { type: 5 } }));
    ends.near.dispatchEvent(new CustomEvent("plain", { detail: "text" }));
    ends.near.dispatchEvent(new CustomEvent("a:b:c", { detail: null }));
    await ends.settle();
    assertEquals(details, [1, { type: 5 }, "text", null]);
  }, "anyDetail");

  suite.test(
    "a detail that is not an envelope of the topic is a TypeError that names both topics",
    ({ near }) => {
      if (suite.lacks.anyDetail === undefined) return;
      assertThrows(
        () => near.dispatchEvent(new CustomEvent("news:1", { detail: "text" })),
        TypeError,
        "news:1",
      );
      assertThrows(() => near.dispatchEvent(new Event("news:1")), TypeError, "news:1");
      const error = assertThrows(
        () => near.dispatchEvent(new CustomEvent("news:1", { detail: envelopeOf("other", "2") })),
        TypeError,
      );
      assertMatch(error.message, /news:1.*other:2/);
      assertThrows(
        () => near.dispatchEvent(new CustomEvent("news", { detail: envelopeOf("news", "2") })),
        TypeError,
      );
    },
    "envelopesOnly",
  );

  suite.test(
    "a large payload arrives complete",
    async (ends) => {
      const publisher = createPubSub<Events>({ eventTarget: ends.near });
      const reader = createPubSub<Events>({ eventTarget: ends.far });
      const subscription = suite.subscribeToNews(reader);
      await subscription.ready;
      const text = "0123456789é".repeat(50_000);
      publisher.publish("news", "1", text);
      publisher.publish("news", "1", "after");
      assertStrictEquals((await subscription.next()).value?.payload, text);
      assertStrictEquals((await subscription.next()).value?.payload, "after");
      await reader.close();
    },
  );

  suite.test("an invalid type or id is a TypeError at the call", ({ near, far }) => {
    const publisher = createPubSub({ eventTarget: near });
    const reader = createPubSub({ eventTarget: far });
    const longest = "x".repeat(1024 - "t:".length);
    publisher.publish("t", longest, null);
    const invalid: [type: string, id: string][] = [
      ["", "1"],
      ["*", "1"],
      ["a:b", "1"],
      ["__hello", "1"],
      ["\ud800", "1"],
      ["t", "\udfff"],
      ["t", longest + "x"],
      ["t", "é".repeat(512)],
    ];
    for (const [type, id] of invalid) {
      assertThrows(() => publisher.publish(type, id, null), TypeError);
      assertThrows(() => reader.subscribe(type, id), TypeError);
    }
    for (const type of ["", "a:b", "__hello", "\ud800"]) {
      assertThrows(() => reader.subscribe(type), TypeError);
    }
    // The types forbid these, but untyped callers can pass them.
    const untyped = publisher as unknown as Record<"publish" | "subscribe", (...args: unknown[]) => unknown>;
    assertThrows(() => untyped.publish("t", undefined, null), TypeError);
    assertThrows(() => untyped.publish("t", 5, null), TypeError);
    assertThrows(() => untyped.publish(5, "1", null), TypeError);
    assertThrows(() => untyped.subscribe("t", undefined), TypeError);
    assertThrows(() => untyped.subscribe("t", undefined, {}), TypeError);
    assertThrows(() => untyped.subscribe("t", null), TypeError);
  });

  suite.test("a value that is not an envelope cannot be published", ({ near }) => {
    const target = asPubSubTarget(near);
    for (const envelope of [null, 5, "text", {}, { type: "t" }, { id: "1" }, { type: "t", id: null }, []]) {
      // The types forbid this, but untyped callers can pass it.
      assertThrows(() => target.publish(envelope as unknown as EventEnvelope), TypeError);
    }
  }, "interface");

  suite.test("an event that cannot be encoded is dropped alone and reported", async (ends) => {
    const payloads: unknown[] = [];
    asPubSubTarget(ends.far).listen("news", suite.anyId, {
      onEvent: ({ payload }) => void payloads.push(payload),
    });
    await ends.settle();
    const expected = [...unencodable.keys()];
    for (const [i, payload] of unencodable.entries()) {
      asPubSubTarget(ends.near).publish(envelopeOf("news", "1", i));
      asPubSubTarget(ends.near).publish(envelopeOf("news", "1", payload));
    }
    await ends.settle();
    assertEquals(payloads, expected);
    assertEquals(
      ends.faults.map(({ context }) => [context.stage, context.topic]),
      expected.map(() => ["encode", "news:1"]),
    );
  }, "encoding");
}

function notJson(): unknown[] {
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  return [5n, cycle, () => {}, Symbol("s")];
}
