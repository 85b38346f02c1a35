import { assert, assertEquals } from "@std/assert";
import { type as ark } from "arktype";
import fc from "fast-check";
import { Type } from "typebox";
import * as v from "valibot";
import * as z from "zod";
import { publicIssues } from "../../../core/schemas/payload_issues.ts";
import { standard } from "../../support/schemas.ts";

const texts = (issues: unknown) => JSON.stringify(issues);
const issuesOf = (schema: object, payload: unknown) => {
  const { "~standard": { validate } } = schema as {
    "~standard": { validate(value: unknown): { issues?: unknown } };
  };
  return publicIssues(validate(payload).issues, payload);
};

Deno.test("issues name the member and what it must be, and end before a value of the payload", () => {
  const payload = { state: "secret-token", n: "7", list: [{ pin: 4711 }] };
  const members = { state: ["idle", "running"], n: 0, list: "" } as const;
  const schemas = {
    zod: z.object({
      state: z.enum(members.state),
      n: z.number(),
      list: z.array(z.object({ pin: z.string() })),
    }),
    valibot: v.object({
      state: v.picklist(members.state),
      n: v.number(),
      list: v.array(v.object({ pin: v.string() })),
    }),
    arktype: ark({ state: "'idle' | 'running'", n: "number", list: [{ pin: "string" }, "[]"] }),
    typebox: standard(Type.Object({
      state: Type.Union(members.state.map((state) => Type.Literal(state))),
      n: Type.Number(),
      list: Type.Array(Type.Object({ pin: Type.String() })),
    })),
  };
  for (const [library, schema] of Object.entries(schemas)) {
    const issues = issuesOf(schema, payload);
    const paths = new Set(issues.map(({ path }) => path?.join(".")));
    assertEquals([...paths].toSorted(), ["list.0.pin", "n", "state"], library);
    for (const secret of ["secret", '"7"', "4711"]) assert(!texts(issues).includes(secret), texts(issues));
    assert(issues.every(({ message }) => message.length > 5), texts(issues));
  }
});

Deno.test("what a message quotes is cut in any form: cut short, escaped, without quotes, or as a part of a path", () => {
  const long = `${"s3cret".repeat(20)}`;
  const cases: [payload: unknown, message: string, expected: string][] = [
    [long, `was "${long.slice(0, 30)}…"`, 'was "…'],
    ['a"b"c', String.raw`got "a\"b\"c"`, 'got "…'],
    [{ a: { b: ["token"] } }, "token is wrong", "…"],
    [7, "got 7, not 17", "got …"],
    [7, "got 17", "got 17"],
    [-1.5, "got -1.5", "got …"],
    [12n, "got 12n", "got 12n"],
    ["x", "must not be x, but was 'x'", "must not be x, but was …"],
    [new Date(0), `was ${new Date(0)}`, "was …"],
    [new Map([["k", "value"]]), "had value", "had …"],
    [new Set(["value"]), "had value", "had …"],
    [{ list: Array(300).fill(1) }, "anything at all", "invalid"],
    [new Uint8Array(3), "anything at all", "invalid"],
    [undefined, "is required", "is required"],
    ["", 'is ""', 'is ""'],
  ];
  for (const [payload, message, expected] of cases) {
    assertEquals(publicIssues([{ message }], payload), [{ message: expected }], message);
  }
  const segment = { type: "object", input: { pin: 4711 }, key: "pin", value: 4711 };
  assertEquals(publicIssues([{ message: "no", path: [segment, 1, Symbol("s")] }], {}), [
    { message: "no", path: ["pin", 1, "Symbol(s)"] },
  ]);
});

Deno.test("issues of any kind take at most 512 bytes, can be printed, and never throw", () => {
  const issue = fc.oneof(fc.anything(), fc.record({ message: fc.anything(), path: fc.anything() }));
  fc.assert(
    fc.property(
      fc.oneof(fc.anything(), fc.array(issue, { maxLength: 50 })),
      fc.anything(),
      (issues, payload) => {
        const copies = publicIssues(issues, payload);
        assert(new TextEncoder().encode(texts(copies)).length <= 512);
        assert(
          !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(
            copies.map(({ message, path }) => [message, path].join()).join(),
          ),
        );
      },
    ),
    { numRuns: 500 },
  );
  const many = publicIssues(Array.from({ length: 1000 }, (_, i) => ({ message: `issue ${i}` })), undefined);
  assert(many.length > 10 && many.length < 50);
});

Deno.test("no issue of a real library has a text of the payload", () => {
  const schemas = [
    z.object({ a: z.email(), b: z.array(z.number()).max(1), c: z.union([z.literal("x"), z.int()]) }),
    v.strictObject({
      a: v.pipe(v.string(), v.email()),
      b: v.pipe(v.array(v.number()), v.maxLength(1)),
      c: v.union([v.literal("x"), v.number()]),
    }),
    ark({ a: "string.email", b: "number[] < 2", c: "'x' | number.integer", "+": "reject" }),
  ];
  const secret = fc.string({ minLength: 5, maxLength: 40, unit: fc.constantFrom(...'QZ#5"\\\n€') });
  const value = fc.oneof(
    secret,
    fc.array(secret, { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b"), secret),
  );
  fc.assert(
    fc.property(value, value, value, secret, (a, b, c, extra) => {
      const payload = { a, b, c };
      const secrets = [a, b, c].flatMap((part) => typeof part === "string" ? [part] : Object.values(part));
      for (const schema of schemas) {
        const messages = issuesOf(schema, payload).map(({ message }) => message).join("\n");
        for (const secret of secrets) {
          assert(!messages.includes(secret.slice(0, 16)), `${messages}: ${extra}`);
        }
      }
    }),
    { numRuns: 300 },
  );
});
