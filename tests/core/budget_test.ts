import { assert } from "@std/assert";
import { fileURLToPath } from "node:url";

/** The time of each work, in that of the least code that does the same. A third more than what was measured. */
const MAX_RATIOS: Readonly<Record<string, number>> = {
  "a callback": 1.35,
  "ten callbacks": 1.8,
  "a thousand topics in turn": 4,
  "an event listener": 1.1,
  "a callback added and removed": 1.56,
  "a burst that an iterator reads": 2.2,
  "a subscription made and ended": 8,
  "a step of a pipe": 1.5,
  "a lone event of a hub": 4,
  "a burst of a hub to 100 spokes": 2.6,
  "one of 100,000 topics, beside one of one": 1.3,
  "a call of one of 2,000 listeners, beside one of 100": 1.6,
};

/** The bytes of the heap. */
const MAX_BYTES: Readonly<Record<string, number>> = {
  "a topic with a callback": 325,
  "a topic with an idle subscription": 575,
};

/** Other programs can disturb a run as a whole, and V8 can compile it in another order. */
const RUNS = 4;

const program = fileURLToPath(new URL("../support/programs/in_process_costs.ts", import.meta.url));

Deno.test("work in-process costs little more than the least code that does the same", async () => {
  let missed = Object.keys(MAX_RATIOS);
  let measured: Record<string, number> = {};
  for (let run = 0; run < RUNS && missed.length > 0; run++) {
    measured = (await costsOf(missed)).ratios;
    missed = missed.filter((name) => !((measured[name] ?? NaN) <= (MAX_RATIOS[name] ?? 0)));
  }
  assert(missed.length === 0, missed.map((name) => `${name}: ${measured[name]}`).join(", "));
});

Deno.test("topics and subscriptions keep few bytes", async () => {
  const { bytes } = await costsOf(Object.keys(MAX_BYTES));
  for (const [name, most] of Object.entries(MAX_BYTES)) {
    assert((bytes[name] ?? NaN) <= most, `${name}: ${bytes[name]} bytes`);
  }
});

interface Costs {
  readonly ratios: Record<string, number>;
  readonly bytes: Record<string, number>;
}

/** In a process of its own, in which V8 has compiled nothing yet. */
async function costsOf(names: readonly string[]): Promise<Costs> {
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--v8-flags=--expose-gc", program, ...names],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}
