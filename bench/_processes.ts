// Processes that exchange values with this one, a line of JSON each.

import { fileURLToPath } from "node:url";
import { lines } from "../scripts/lib/lines.ts";

/** A process. It ends with its standard input, and so with the process that started it. */
export interface LineProcess {
  /** Returns the next line of its output. Rejects if it has ended. */
  next(): Promise<string>;
  /** Sends it a value. */
  tell(value: unknown): void;
  /** Kills it. */
  end(): Promise<void>;
}

/** Starts a process, which does not keep this one from ending. */
export function startLineProcess([program = "", ...args]: readonly string[]): LineProcess {
  const child = new Deno.Command(program, { args, stdin: "piped", stdout: "piped" }).spawn();
  child.unref();
  const writer = child.stdin.getWriter();
  const encoder = new TextEncoder();
  const output = lines(child.stdout);
  return {
    async next() {
      const { value } = await output.next();
      if (value === undefined) throw new Error(`${program} ${args.join(" ")} has ended`);
      return value;
    },
    tell: (value) => void writer.write(encoder.encode(`${JSON.stringify(value)}\n`)),
    async end() {
      child.kill("SIGKILL");
      await child.status;
    },
  };
}

/** The command that runs a script of the benches with the same Deno. */
export function denoCommand(script: string, ...args: readonly string[]): string[] {
  const path = fileURLToPath(new URL(script, import.meta.url));
  return [Deno.execPath(), "run", "-A", "--no-check", "--v8-flags=--expose-gc", path, ...args];
}
