import { fileURLToPath } from "node:url";
import { lines } from "./lines.ts";

/** A program of this repository that runs as a process of its own. */
export interface Child extends AsyncDisposable {
  /** The id of the process. */
  readonly pid: number;
  /** Its standard output, line by line. */
  readonly stdout: AsyncGenerator<string, void>;
  /** Its standard error, line by line. */
  readonly stderr: AsyncGenerator<string, void>;
  /** How it ended. */
  readonly status: Promise<Deno.CommandStatus>;
  /** Writes a line to its stdin. */
  tell(line: string): Promise<void>;
  /** Ends its stdin. */
  endInput(): Promise<void>;
  /** Sends it a signal, if it still runs. */
  kill(signal: Deno.Signal): void;
}

/** The permissions that a program has by default, as arguments of Deno. */
const PERMISSIONS = ["--allow-net", "--allow-sys"];

/** Starts a program, named by its path in the repository. Disposing of it kills it if it still runs. */
export function startChild(
  script: string,
  args: readonly string[] = [],
  permissions: readonly string[] = PERMISSIONS,
): Child {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", ...permissions, fileURLToPath(new URL(`../../${script}`, import.meta.url)), ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    // A Ctrl-C in the terminal is for the program that started it, which then ends it in order.
    detached: true,
  }).spawn();
  const input = process.stdin.getWriter();
  const kill = (signal: Deno.Signal): void => {
    try {
      process.kill(signal);
    } catch (error) {
      // The program has ended by itself.
      if (!(error instanceof TypeError)) throw error;
    }
  };
  return {
    pid: process.pid,
    stdout: lines(process.stdout),
    stderr: lines(process.stderr),
    status: process.status,
    tell: (line) => ignoreEnd(input.write(new TextEncoder().encode(`${line}\n`))),
    endInput: () => ignoreEnd(input.close()),
    kill,
    async [Symbol.asyncDispose]() {
      kill("SIGKILL");
      await process.status;
    },
  };
}

/** Ignores a write that fails because the program has ended: its status reports that. */
function ignoreEnd(promise: Promise<void>): Promise<void> {
  return promise.catch(() => {});
}
