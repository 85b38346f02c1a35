import { assertEquals, assertRejects, assertStrictEquals } from "../_assert.ts";
import { createPubSub } from "../../mod.ts";
import { asPubSubTarget, eventOf, type Events, type Suite } from "./suite.ts";

/** The end of a target, from either side. */
export function testEnds(suite: Suite): void {
  suite.test(
    "close ends subscriptions normally, is idempotent, and sets status and closed",
    async (ends) => {
      for (const target of new Set([asPubSubTarget(ends.far), asPubSubTarget(ends.near)])) {
        const subscription = createPubSub<Events>({ eventTarget: target }).subscribe("news", "1");
        const pending = subscription.next();
        assertEquals(target.status.state, "open");
        const closing = target.close();
        assertStrictEquals(target.close(), closing);
        assertEquals(await pending, { value: undefined, done: true });
        await closing;
        await target[Symbol.asyncDispose]();
        assertEquals([target.status.state, await target.closed], ["closed", undefined]);
        if (target === asPubSubTarget(ends.far)) break;
      }
    },
    "interface",
  );

  suite.test(
    "after close, publish is dropped and reported, and a new subscription has ended",
    async (ends) => {
      const near = asPubSubTarget(ends.near);
      const pubsub = createPubSub<Events>({ eventTarget: near });
      let calls = 0;
      near.addEventListener("news:1", () => calls++);
      await near.close();
      near.addEventListener("news:1", () => calls++);
      pubsub.publish("news", "1", null);
      near.dispatchEvent(eventOf("news", "1") as never);
      assertEquals(ends.faults.map(({ context }) => [context.stage, context.topic]), [
        ["publish", "news:1"],
        ["publish", "news:1"],
      ]);
      const subscription = pubsub.subscribe("news", "1");
      assertEquals(await subscription.next(), { value: undefined, done: true });
      await assertRejects(() => subscription.ready, DOMException);
      assertEquals(calls, 0);
    },
    "interface",
  );

  suite.test(
    "an end from the far side ends subscriptions with ConnectionLostError, after their buffered events",
    async (ends) => {
      const reader = createPubSub<Events>({ eventTarget: ends.far });
      const publisher = createPubSub<Events>({ eventTarget: ends.near });
      const statuses: string[] = [];
      const subscription = reader.subscribe("news");
      await subscription.ready;
      publisher.publish("news", "1", "buffered");
      await ends.settle();
      await asPubSubTarget(ends.near).close();
      if (suite.lacks.farEnds !== undefined) {
        assertEquals((await subscription.next()).value?.payload, "buffered");
        assertEquals(asPubSubTarget(ends.far).status.state, "open");
        return await reader.close();
      }
      assertEquals((await subscription.next()).value?.payload, "buffered");
      const error = await assertRejects(() => subscription.next(), Error);
      assertEquals(error.name, "ConnectionLostError");
      assertEquals(await subscription.next(), { value: undefined, done: true });
      assertStrictEquals(await asPubSubTarget(ends.far).closed, error);
      assertEquals(statuses, []);
    },
    "ends",
  );
}
