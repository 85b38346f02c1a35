// The types of events with schemas. The type checker runs these tests.

import { expectTypeOf } from "expect-type";
import {
  createPubSub,
  type EventEnvelope,
  type PubSub,
  type PubSubEventMap,
  type Subscription,
  type WebSocketServerOptions,
} from "@alkdev/pubsub";
import {
  type DefinedEvents,
  defineEvents,
  type EventInputs,
  type EventOutputs,
  type StandardSchema,
  type,
} from "@alkdev/pubsub/schemas";
import { type as ark } from "arktype";
import { Type } from "typebox";
import * as v from "valibot";
import * as z from "zod";
import { MOVED, standard } from "../../support/schemas.ts";

/** Type-checks a body that must not run. */
function neverRun(_body: (...args: never[]) => unknown): void {}

const events = defineEvents({
  dated: z.object({ at: z.string().transform((text) => new Date(text)) }),
  branded: z.string().brand<"UserId">(),
  parsed: ark({ n: "string.numeric.parse" }),
  optional: v.optional(v.object({ n: v.number() })),
  defaulted: z.number().default(1),
  either: v.variant("kind", [
    v.object({ kind: v.literal("a"), n: v.number() }),
    v.object({ kind: v.literal("b"), s: v.string() }),
  ]),
  boxed: standard(Type.Object({ n: Type.Number(), s: Type.Optional(Type.String()) })),
  typed: type<{ readonly q: 1 }>(),
  nothing: type<void>(),
});
type Inputs = EventInputs<typeof events>;
type Outputs = EventOutputs<typeof events>;
type UserId = string & z.$brand<"UserId">;

Deno.test("inputs and outputs are those of the schemas, by every library", () => {
  expectTypeOf<Inputs["dated"]>().toEqualTypeOf<{ at: string }>();
  expectTypeOf<Outputs["dated"]>().toEqualTypeOf<{ at: Date }>();
  expectTypeOf<Inputs["branded"]>().toEqualTypeOf<string>();
  expectTypeOf<Outputs["branded"]>().toEqualTypeOf<UserId>();
  expectTypeOf<Inputs["parsed"]>().toEqualTypeOf<{ n: string }>();
  expectTypeOf<Outputs["parsed"]>().toEqualTypeOf<{ n: number }>();
  expectTypeOf<Inputs["optional"]>().toEqualTypeOf<{ n: number } | undefined>();
  expectTypeOf<Inputs["defaulted"]>().toEqualTypeOf<number | undefined>();
  expectTypeOf<Outputs["defaulted"]>().toEqualTypeOf<number>();
  expectTypeOf<Outputs["either"]>().toEqualTypeOf<{ kind: "a"; n: number } | { kind: "b"; s: string }>();
  expectTypeOf<Inputs["boxed"]>().toEqualTypeOf<{ n: number; s?: string }>();
  expectTypeOf<Outputs["typed"]>().toEqualTypeOf<{ readonly q: 1 }>();
  expectTypeOf<Inputs["nothing"]>().toEqualTypeOf<void>();
  type Moved = { user: string; at: number };
  expectTypeOf<EventInputs<typeof MOVED>>().toEqualTypeOf<
    Record<"zod" | "valibot" | "arktype" | "typebox", Moved>
  >();
  expectTypeOf(events).toEqualTypeOf<DefinedEvents<Inputs, Outputs>>();
});

Deno.test("publish takes inputs, and subscriptions give outputs", () => {
  const pubsub = createPubSub({ events });
  expectTypeOf(pubsub).toEqualTypeOf<PubSub<Inputs, Outputs>>();
  neverRun(() => {
    pubsub.publish("dated", "1", { at: "2026" });
    pubsub.publish("optional", "1");
    pubsub.publish("defaulted", "1");
    pubsub.publish("nothing", "1");
    // @ts-expect-error: the output is not an input
    pubsub.publish("dated", "1", { at: new Date() });
    // @ts-expect-error: a payload is missing
    pubsub.publish("branded", "1");
    // @ts-expect-error: no such event type
    pubsub.publish("date", "1", { at: "2026" });
    // @ts-expect-error: no such event type
    pubsub.subscribe("date");
    for (const type of ["defaulted", "optional"] as const) {
      // @ts-expect-error: a payload of one of the two alone
      pubsub.publish(type, "1", 1);
    }
  });
  expectTypeOf(pubsub.subscribe("dated")).toEqualTypeOf<Subscription<EventEnvelope<{ at: Date }, "dated">>>();
  expectTypeOf(pubsub.subscribe("branded", "1")).toEqualTypeOf<
    Subscription<EventEnvelope<UserId, "branded">>
  >();
  pubsub.on("parsed", ({ payload }) => expectTypeOf(payload.n).toEqualTypeOf<number>());
  neverRun(async () => {
    for await (const event of pubsub.subscribeAll()) {
      if (event.type === "parsed") expectTypeOf(event.payload.n).toEqualTypeOf<number>();
      else if (event.type === "either" && event.payload.kind === "b") {
        expectTypeOf(event.payload.s).toEqualTypeOf<string>();
      }
    }
    for (const type of ["dated", "parsed"] as const) {
      for await (const event of pubsub.subscribe(type)) {
        expectTypeOf(event).toEqualTypeOf<
          EventEnvelope<{ at: Date }, "dated"> | EventEnvelope<{ n: number }, "parsed">
        >();
      }
    }
  });
});

Deno.test("with unknownTypes pass, other types have unknown payloads, and known ones their own", () => {
  const pubsub = createPubSub({ events, unknownTypes: "pass" });
  neverRun(() => {
    pubsub.publish("anything", "1", 7);
    pubsub.publish("dated", "1", { at: "2026" });
    // @ts-expect-error: the payload of a known type
    pubsub.publish("dated", "1", { at: 7 });
  });
  pubsub.on("dated", ({ payload }) => expectTypeOf(payload).toEqualTypeOf<{ at: Date } & unknown>());
  pubsub.on("anything", ({ payload }) => expectTypeOf(payload).toEqualTypeOf<unknown>());
  expectTypeOf(pubsub.subscribeAll()).toEqualTypeOf<Subscription<EventEnvelope<unknown, string>>>();
  expectTypeOf(createPubSub({ events, unknownTypes: "reject" })).toEqualTypeOf<PubSub<Inputs, Outputs>>();
});

Deno.test("an event map as a type alone stays as it was, and a shared map fits every option", () => {
  expectTypeOf(createPubSub<{ n: number }>()).toEqualTypeOf<PubSub<{ n: number }>>();
  expectTypeOf(createPubSub<{ n: number }>()).toEqualTypeOf<PubSub<{ n: number }, { n: number }>>();
  expectTypeOf(createPubSub()).toEqualTypeOf<PubSub<PubSubEventMap>>();
  const config = { events, onError() {} };
  expectTypeOf(createPubSub(config)).toEqualTypeOf<PubSub<Inputs, Outputs>>();
  const options: WebSocketServerOptions = { events, authorizeEvent: (_spoke, { payload }) => payload === 1 };
  expectTypeOf(options.events).toEqualTypeOf<DefinedEvents | undefined>();
  expectTypeOf(MOVED.zod).toMatchTypeOf<StandardSchema>();
  neverRun(() => {
    // @ts-expect-error: schemas must be defined
    createPubSub({ events: { n: z.number() } });
    // @ts-expect-error: no schema
    defineEvents({ n: 7 });
    // @ts-expect-error: no such value
    createPubSub({ events, validate: "never" });
  });
});
