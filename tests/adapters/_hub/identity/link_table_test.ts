import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { readLinkIdentity } from "../../../../adapters/_hub/identity/link_identity.ts";
import {
  type KnownLink,
  LinkTable,
  MAX_PAST_LINKS,
  MEMORY_MS,
} from "../../../../adapters/_hub/identity/link_table.ts";

/** What a hub must know of a link, written down without regard to cost. */
interface Modelled {
  highest: number;
  spoke: number | undefined;
  endedAt: number;
}

const claim = fc.record({
  kind: fc.constant("claim" as const),
  owner: fc.constantFrom("ada", "eve"),
  link: fc.constantFrom("1", "2", "3"),
  connection: fc.integer({ min: 1, max: 6 }),
});
const release = fc.record({ kind: fc.constant("release" as const), which: fc.nat(20) });
const pass = fc.record({
  kind: fc.constant("pass" as const),
  ms: fc.constantFrom(1, MEMORY_MS / 2, MEMORY_MS - 1, MEMORY_MS),
});

Deno.test("a table of links agrees with its model, whatever connects, ends and is forgotten", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(claim, release, pass), { maxLength: 60 }), (steps) => {
      let now = 0;
      const table = new LinkTable<number>(() => now);
      const model = new Map<string, Modelled>();
      const spokes: { spoke: number; key: string; known: KnownLink<number> }[] = [];
      for (const [spoke, step] of steps.entries()) {
        if (step.kind === "pass") now += step.ms;
        for (const [key, { spoke: live, endedAt }] of [...model]) {
          if (live === undefined && endedAt + MEMORY_MS <= now) model.delete(key);
        }
        if (step.kind === "claim") {
          const key = `${step.owner} ${step.link}`;
          const expected = model.get(key);
          const claimed = table.claim(spoke, step.owner, step);
          if (expected !== undefined && step.connection <= expected.highest) {
            assertEquals(claimed, undefined);
            continue;
          }
          assert(claimed !== undefined);
          assertEquals(claimed.older, expected?.spoke);
          model.set(key, { highest: step.connection, spoke, endedAt: 0 });
          spokes.push({ spoke, key, known: claimed.known });
        } else if (step.kind === "release") {
          const [ended] = spokes.splice(step.which % (spokes.length || 1), 1);
          if (ended === undefined) continue;
          table.release(ended.spoke, ended.known);
          const expected = model.get(ended.key);
          if (expected?.spoke === ended.spoke) {
            model.set(ended.key, { ...expected, spoke: undefined, endedAt: now });
          }
        }
      }
      // A claim makes the table forget what is due.
      table.claim(-1, "probe", { link: "probe", connection: 1 });
      assertEquals(table.size, model.size + 1);
    }),
    { numRuns: 500 },
  );
});

Deno.test("of links without a connection the last 10,000 are remembered, and those with one are never forgotten", () => {
  let now = 0;
  const table = new LinkTable<string>(() => now);
  const kept = table.claim("kept", undefined, { link: "kept", connection: 7 });
  assert(kept !== undefined);
  for (let i = 0; i < MAX_PAST_LINKS + 5; i++) {
    const claimed = table.claim(`spoke ${i}`, undefined, { link: `link ${i}`, connection: 2 });
    assert(claimed !== undefined);
    table.release(`spoke ${i}`, claimed.known);
  }
  assertEquals(table.size, MAX_PAST_LINKS + 1);
  assertEquals(table.claim("late", undefined, { link: "link 5", connection: 2 }), undefined);
  assert(table.claim("forgotten", undefined, { link: "link 4", connection: 1 }) !== undefined);
  now += 10 * MEMORY_MS;
  assertEquals(table.claim("newer", undefined, { link: "kept", connection: 8 })?.older, "kept");
  assertEquals(table.size, 2);
});

Deno.test("an identity is whole, or none", () => {
  const whole = { link: "secret", connection: 1 };
  assertEquals(readLinkIdentity({ ...whole, version: 1 }), whole);
  assertEquals(readLinkIdentity({ ...whole, connection: 2 ** 31 }), { ...whole, connection: 2 ** 31 });
  const broken = [
    { link: "" },
    { link: "x".repeat(65) },
    { link: 1 },
    { connection: 0 },
    { connection: 1.5 },
    { connection: 2 ** 31 + 1 },
    { connection: NaN },
    { connection: "1" },
    { connection: undefined },
  ];
  for (const member of broken) assertEquals(readLinkIdentity({ ...whole, ...member }), undefined);
  for (const value of [undefined, null, 1, "hello", []]) assertEquals(readLinkIdentity(value), undefined);
});
