/** The one map that the hub, its spokes and its pages share. */
import { defineEvents, type } from "@alkdev/pubsub/schemas";
import * as v from "valibot";

export const events = defineEvents({
  "message.sent": v.object({
    user: v.string(),
    text: v.pipe(v.string(), v.trim(), v.nonEmpty(), v.maxLength(2000)),
    // A Date travels as text. Each reader gets a Date again.
    at: v.pipe(v.string(), v.isoTimestamp(), v.transform((text) => new Date(text))),
  }),
  "room.emptied": type<void>(),
});
