/** The same events by schemas of several libraries, and a bridge for one that is no Standard Schema. */
import type { StandardSchema } from "@alkdev/pubsub/schemas";
import { type as ark } from "arktype";
import { type Static, type TSchema, Type } from "typebox";
import { Compile } from "typebox/compile";
import * as v from "valibot";
import * as z from "zod";

/** TypeBox describes JSON Schema, and has no Standard Schema: its compiled checks are one with these lines. */
export function standard<T extends TSchema>(schema: T): StandardSchema<Static<T>> {
  const compiled = Compile(schema);
  return {
    "~standard": {
      version: 1,
      vendor: "typebox",
      validate(value) {
        if (compiled.Check(value)) return { value };
        const issues = compiled.Errors(value).map(({ message, instancePath }) => ({
          message,
          path: instancePath.split("/").slice(1),
        }));
        return { issues };
      },
    },
  };
}

/** `{ user: string, at: number }` by each library. */
export const MOVED = {
  zod: z.object({ user: z.string(), at: z.number() }),
  valibot: v.object({ user: v.string(), at: v.number() }),
  arktype: ark({ user: "string", at: "number" }),
  typebox: standard(Type.Object({ user: Type.String(), at: Type.Number() })),
} as const;

/** A schema that returns what a function does, or throws. */
export function schemaOf<T = unknown>(validate: (value: unknown) => unknown): StandardSchema<T> {
  // Cast: hostile schemas return anything.
  return { "~standard": { version: 1, vendor: "tests", validate: validate as () => { value: T } } };
}
