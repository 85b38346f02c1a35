/** The runtimes that the package is tested in. */
import { runProcess } from "../../scripts/process.ts";

/** Returns the command that runs a program in a runtime. */
export type Runtime = () => Promise<readonly string[]>;

export const node20: Runtime = fromNpm("node@20");
export const node22: Runtime = fromNpm("node@22");
export const node24: Runtime = fromNpm("node@24");
export const bun: Runtime = fromNpm("bun@1.4");

/** The Deno that runs the tests. */
export function deno(): Promise<readonly string[]> {
  return Promise.resolve([Deno.execPath(), "run", "-A", "--no-lock"]);
}

/** A runtime that npm has; the first time, npm fetches it. */
function fromNpm(name: string): Runtime {
  return async () => {
    // Itself, not npx, so that it is its own end that is waited for.
    const path = await runProcess(["npx", "-y", name, "-p", "process.execPath"], { timeoutMs: 300_000 });
    return [path.trim()];
  };
}
