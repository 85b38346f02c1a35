import { lines } from "./lines.ts";

/** A program of `examples/` that runs as a process of its own. */
export interface Child extends AsyncDisposable {
  /** What the operating system calls it. */
  readonly pid: number;
  /** What it prints, by lines. */
  readonly stdout: AsyncGenerator<string, void>;
  /** What it reports, by lines. */
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

/** What a program may do, as arguments of Deno, unless it says otherwise. */
const PERMISSIONS = ["--allow-net", "--allow-sys"];

/** Starts a program. Disposing of it kills it if it still runs. */
export function startChild(
  script: string,
  args: readonly string[] = [],
  permissions: readonly string[] = PERMISSIONS,
): Child {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", ...permissions, new URL(`../${script}`, import.meta.url).pathname, ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    // A Ctrl-C in the terminal is for whoever started it, who then ends it in order.
    detached: true,
  }).spawn();
  const input = process.stdin.getWriter();
  const kill = (signal: Deno.Signal): void => {
    try {
      process.kill(signal);
    } catch (error) {
      // It has ended by itself.
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

/** Waits for what fails if the program has ended, which its stdout and its status tell better. */
function ignoreEnd(promise: Promise<void>): Promise<void> {
  return promise.catch(() => {});
}
