// What a schema costs beyond its own validate(): an event of five members, published in-process and received by a callback.
import { createPubSub } from "@alkdev/pubsub";
import { defineEvents } from "@alkdev/pubsub/schemas";
import { type as ark } from "arktype";
import * as v from "valibot";
import * as z from "zod";

const EVENTS = 1000;
const payload = { user: "ada", at: 1, text: "hello", isNew: true, tags: ["a"] };
const schemas = {
  zod: z.object({
    user: z.string(),
    at: z.number(),
    text: z.string(),
    isNew: z.boolean(),
    tags: z.array(z.string()),
  }),
  valibot: v.object({
    user: v.string(),
    at: v.number(),
    text: v.string(),
    isNew: v.boolean(),
    tags: v.array(v.string()),
  }),
  arktype: ark({ user: "string", at: "number", text: "string", isNew: "boolean", tags: "string[]" }),
};

let received = 0;
const plain = createPubSub<{ said: typeof payload }>();
plain.on("said", () => received++);

for (const [library, schema] of Object.entries(schemas)) {
  const { validate } = schema["~standard"];
  const pubsub = createPubSub({ events: defineEvents({ said: schema }) });
  pubsub.on("said", () => received++);
  const group = `${library}, ${EVENTS} events`;
  Deno.bench("validate() and a publish without schemas", { group, baseline: true }, () => {
    for (let i = 0; i < EVENTS; i++) {
      validate(payload);
      plain.publish("said", "1", payload);
    }
  });
  Deno.bench("a publish with the schema", { group }, () => {
    for (let i = 0; i < EVENTS; i++) pubsub.publish("said", "1", payload);
  });
}
