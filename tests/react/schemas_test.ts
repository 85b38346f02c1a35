// The hooks over a PubSub with schemas: what components get is the output.

import { assertEquals } from "@std/assert";
import { createPubSub, type PubSub } from "@alkdev/pubsub";
import { useEvents, useLatest, useStatus } from "@alkdev/pubsub/react";
import { defineEvents, type } from "@alkdev/pubsub/schemas";
// @ts-types="../support/react.d.ts"
import { createElement } from "react";
// @ts-types="../support/react.d.ts"
import { renderToString } from "react-dom/server";
import { expectTypeOf } from "expect-type";
import * as v from "valibot";

const events = defineEvents({
  built: v.object({ at: v.pipe(v.string(), v.transform((text) => new Date(text))) }),
  said: type<string>(),
});

Deno.test("hooks give the output of schemas, also where its type is not that of the input", () => {
  const pubsub = createPubSub({ events });
  const App = () => {
    useEvents(pubsub, "built", ({ payload }) => void expectTypeOf(payload).toEqualTypeOf<{ at: Date }>());
    useEvents(pubsub, "built", "1", ({ payload }) => void expectTypeOf(payload.at).toEqualTypeOf<Date>());
    const one = useLatest(pubsub, "built", "1");
    expectTypeOf(one?.payload).toEqualTypeOf<{ at: Date } | undefined>();
    const all = useLatest(pubsub, "said");
    expectTypeOf(all.get("1")?.payload).toEqualTypeOf<string | undefined>();
    return createElement("b", null, `${useStatus(pubsub).state} ${one} ${all.size}`);
  };
  assertEquals(renderToString(createElement(App)), "<b>connecting undefined 0</b>");
});

Deno.test("hooks take the events of a map, of an interface, and of types that have no schema", () => {
  interface Declared {
    status: { n: number };
  }
  const declared = createPubSub<Declared>();
  const untyped = createPubSub();
  const open = createPubSub({ events, unknownTypes: "pass" });
  function useStatusOf<TEventMap extends { status: { n: number } }>(pubsub: PubSub<TEventMap>): void {
    useEvents(pubsub, "status", "1", ({ type }) => void type);
  }
  const App = () => {
    useEvents(declared, "status", ({ payload }) => void expectTypeOf(payload).toEqualTypeOf<{ n: number }>());
    useEvents(untyped, "status", ({ payload }) => void expectTypeOf(payload).toEqualTypeOf<unknown>());
    useEvents(open, "other", ({ payload }) => void expectTypeOf(payload).toEqualTypeOf<unknown>());
    useStatusOf(declared);
    // @ts-expect-error There is no such event type.
    useEvents(declared, "state", () => {});
    // @ts-expect-error There is no such event type.
    useLatest(declared, "state", "1");
    return null;
  };
  assertEquals(renderToString(createElement(App)), "");
});
