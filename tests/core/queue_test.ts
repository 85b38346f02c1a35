import { assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { Queue } from "../../core/queue.ts";

// In runs, so that the queue has no chunk, a part of one, and many.
const operation = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("push" as const), times: fc.nat({ max: 40 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("push" as const), times: fc.nat({ max: 1500 }) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("shift" as const), times: fc.nat({ max: 40 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("shift" as const), times: fc.nat({ max: 1500 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("clear" as const), times: fc.constant(1) }) },
);

Deno.test("a queue holds what an array would hold, after any operations", () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
      const buffer = new Queue<number>();
      const model: number[] = [];
      let next = 0;
      for (const { kind, times } of operations) {
        for (let i = 0; i < times; i++) {
          switch (kind) {
            case "push":
              buffer.push(next);
              model.push(next++);
              break;
            case "shift":
              assertStrictEquals(buffer.shift(), model.shift());
              break;
            case "clear":
              buffer.clear();
              model.length = 0;
              break;
          }
          assertStrictEquals(buffer.size, model.length);
          assertStrictEquals(buffer.peek(), model[0]);
        }
      }
      while (model.length > 0) assertStrictEquals(buffer.shift(), model.shift());
      assertStrictEquals(buffer.shift(), undefined);
    }),
    { seed: 1, numRuns: 200 },
  );
});

Deno.test("an empty queue returns undefined, and stays empty", () => {
  const buffer = new Queue<string>();
  assertStrictEquals(buffer.shift(), undefined);
  assertEquals(buffer.size, 0);
  buffer.push("a");
  assertEquals([buffer.shift(), buffer.shift(), buffer.size], ["a", undefined, 0]);
});
