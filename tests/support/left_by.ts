import { fileURLToPath } from "node:url";
import { assert } from "@std/assert";

/** What a program left behind. */
export interface Left {
  /** The growth of the heap, in bytes. */
  readonly growth: number;
  readonly counts: Readonly<Record<string, number>>;
}

/** Runs a program that prints what is left after many cycles, and how much the heap grew. */
export async function leftBy(program: string, ...args: string[]): Promise<Left> {
  const path = fileURLToPath(new URL(`programs/${program}`, import.meta.url));
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--v8-flags=--expose-gc", path, ...args],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  // That it ended is a result too: a leaked timer, socket or listener keeps a process alive.
  const { growth, ...counts } = JSON.parse(new TextDecoder().decode(stdout)) as Record<string, number>;
  assert(growth !== undefined);
  return { growth, counts };
}
