import { assertEquals, assertRejects } from "../_assert.ts";
import { createPubSub, type EventEnvelope } from "../../mod.ts";
import { asPubSubTarget, envelopeOf, type Events, type Suite, withoutPosition } from "./suite.ts";

/** Subscriptions, listen and flush. */
export function testSubscriptions(suite: Suite): void {
  suite.test("a subscription yields the events that are published after its creation, in order", async (ends) => {
    const publisher = createPubSub<Events>({ eventTarget: ends.near });
    const reader = createPubSub<Events>({ eventTarget: ends.far });
    const subscription = reader.subscribe("news", "1", { capacity: 3000 });
    await subscription.ready;
    for (let i = 0; i < 2000; i++) publisher.publish("news", "1", { i, text: "é".repeat(i % 50) });
    for (let i = 0; i < 2000; i++) {
      const { value } = await subscription.next();
      assertEquals(withoutPosition(value), {
        type: "news",
        id: "1",
        payload: { i, text: "é".repeat(i % 50) },
      });
    }
    await Promise.all([reader.close(), publisher.close()]);
    assertEquals(await subscription.next(), { value: undefined, done: true });
  });

  suite.test("subscriptions to the id, the type and all topics each yield an event once", async (ends) => {
    const publisher = createPubSub<Events>({ eventTarget: ends.near });
    const reader = createPubSub<Events>({ eventTarget: ends.far });
    const ofId = reader.subscribe("news", "1");
    const ofType = reader.subscribe("news");
    const ofAll = reader.subscribeAll();
    await Promise.all([ofId.ready, ofType.ready, ofAll.ready]);
    publisher.publish("news", "1", "first");
    publisher.publish("news", "2", "second");
    publisher.publish("other", "1", "third");
    publisher.publish("news", "1", undefined);
    await ends.settle();
    await reader.close();
    const read = async (subscription: AsyncIterable<EventEnvelope>): Promise<unknown[]> => {
      const events: unknown[] = [];
      for await (const { type, id, payload } of subscription) events.push([type, id, payload]);
      return events;
    };
    assertEquals(await read(ofId), [["news", "1", "first"], ["news", "1", undefined]]);
    assertEquals(await read(ofType), [["news", "1", "first"], ["news", "2", "second"], [
      "news",
      "1",
      undefined,
    ]]);
    assertEquals((await read(ofAll)).length, 4);
  }, "bareTypes");

  suite.test("a publisher receives its own events only where the contract says so", async (ends) => {
    const own: EventEnvelope[] = [];
    asPubSubTarget(ends.near).listen("news", suite.anyId, { onEvent: (envelope) => void own.push(envelope) });
    await ends.settle();
    asPubSubTarget(ends.near).publish(envelopeOf("news", "1"));
    await ends.settle();
    assertEquals(own.length, suite.lacks.echo === undefined ? 1 : 0);
  }, "interface");

  suite.test("listen delivers envelopes, calls onReady once, and stops at once", async (ends) => {
    const heard: unknown[] = [];
    const stop = asPubSubTarget(ends.far).listen("news", "1", {
      onEvent: ({ payload }) => void heard.push(payload),
      onReady: () => void heard.push("ready"),
    });
    await ends.settle();
    asPubSubTarget(ends.near).publish(envelopeOf("news", "1", "first"));
    await ends.settle();
    stop();
    stop();
    asPubSubTarget(ends.near).publish(envelopeOf("news", "1", "second"));
    await ends.settle();
    assertEquals(heard, ["ready", "first"]);
  }, "interface");

  suite.test(
    "flush resolves when everything sent before has been handled, and rejects for an aborted signal",
    async (ends) => {
      const near = asPubSubTarget(ends.near);
      let count = 0;
      asPubSubTarget(ends.far).listen("news", suite.anyId, { onEvent: () => void count++ });
      await ends.settle();
      for (let i = 0; i < 1500; i++) near.publish(envelopeOf("news", "1", i));
      await near.flush();
      assertEquals(count, 1500);
      await assertRejects(
        () => near.flush({ signal: AbortSignal.abort(new RangeError("mine")) }),
        RangeError,
        "mine",
      );
    },
    "interface",
  );
}
