// Platforms that lack something, or replace it. Each program has a process of its own, since it changes the globals.

import { assertEquals } from "@std/assert";
import { startProcess } from "../../scripts/lib/process.ts";

/** Runs a program of the folder `programs`, which must print "done". */
async function run(program: string): Promise<void> {
  const path = new URL(`../support/programs/${program}`, import.meta.url).pathname;
  const command = [Deno.execPath(), "run", "-A", "--no-check", path];
  const { stdout, stderr } = await startProcess(command, { timeoutMs: 60_000 }).ended;
  assertEquals([stdout.trim(), stderr.trim()], ["done", ""]);
}

Deno.test("every module loads, and the core works, without CustomEvent, isWellFormed, FinalizationRegistry and more", async () => {
  await run("without_platform.ts");
});

Deno.test("under happy-dom, dispatchEvent calls each listener once", async () => {
  await run("happy_dom.mjs");
});
