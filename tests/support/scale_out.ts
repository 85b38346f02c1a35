import { assert, assertEquals, assertMatch } from "@std/assert";
import { movesSpokes, planFaults } from "../system/scale_out/schedule.ts";
import { startProgram } from "./program.ts";

/** The number of processes of each part. */
export const COUNTS = { hub: 3, Redis: 1, spokes: 3 };

/** Defines a test that runs one round of `deno task scale-out`. The variable `SEED` repeats a schedule. */
export function testScaleOut(name: string, { moves }: { readonly moves: boolean }): void {
  Deno.test({
    name,
    timeout: 180_000,
    async fn() {
      const seed = Deno.env.get("SEED") ?? String(Math.floor(Math.random() * 2 ** 32));
      const options = ["--seed", seed, ...(moves ? [] : ["--without-moves"])];
      await using program = startProgram("tests/system/scale_out/main.ts", ...options);
      const code = await program.ended;
      console.log(program.out.join("\n"));
      assertEquals(code, 0, program.err.join("\n"));
      const [first = "", ...lines] = program.out;
      assert(first.includes(`--seed ${seed}`), "it prints its seed");
      const faults = planFaults(Number(seed), 1, COUNTS).filter((fault) => moves || !movesSpokes(fault));
      assertEquals(lines.filter((line) => line.includes(": all back after ")).length, faults.length);
      assertMatch(
        lines.at(-2) ?? "",
        /^300 spokes, .* \d{4,} events published, \d{4,} heard, \d{3,} missed in \d{3} gaps$/,
      );
    },
  });
}

/** Defines a test that audits a run without faults. */
export function testNumbers({ isKept }: { readonly isKept: boolean }): void {
  const where = isKept ? "Redis with a history" : "Redis";
  Deno.test({
    name: `three hubs over one ${where}, 300 spokes: without a fault, the numbers of all processes are equal`,
    timeout: 60_000,
    async fn() {
      const options = isKept ? ["--redis-history"] : [];
      await using program = startProgram("tests/system/scale_out/main.ts", "--without-faults", ...options);
      const code = await program.ended;
      console.log(program.out.join("\n"));
      assertEquals(code, 0, program.err.join("\n"));
      assertMatch(program.out.at(-3) ?? "", /^300 connections audited at both ends, of 3 hubs$/);
    },
  });
}
