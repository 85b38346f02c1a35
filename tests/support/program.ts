import { fileURLToPath } from "node:url";
import { lines } from "../../scripts/lib/lines.ts";
import { eventually } from "./eventually.ts";

/** How long a program may take to end in order. */
const KILL_MS = 5000;

/** A program of this repository as a process, and what it has printed so far. */
export interface RunningProgram extends AsyncDisposable {
  readonly pid: number;
  /** The lines of its stdout. */
  readonly out: readonly string[];
  /** The lines of its stderr. */
  readonly err: readonly string[];
  /** Writes to its stdin. */
  write(text: string): Promise<void>;
  endInput(): Promise<void>;
  kill(signal: Deno.Signal): void;
  /** Its exit code, once it has ended and all that it printed is here. */
  readonly ended: Promise<number>;
}

/** Starts a program, named by its path in the repository. Disposing of it ends it. */
export function startProgram(script: string, ...args: string[]): RunningProgram {
  const path = fileURLToPath(new URL(`../../${script}`, import.meta.url));
  return startCommand([Deno.execPath(), "run", "-A", path, ...args]);
}

/** Starts a command, by default in this folder. Disposing of it ends it. */
export function startCommand([command = "", ...args]: readonly string[], cwd?: string): RunningProgram {
  const process = new Deno.Command(command, {
    args,
    ...(cwd !== undefined && { cwd }),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
  const input = process.stdin.getWriter();
  const out: string[] = [];
  const err: string[] = [];
  const ended = Promise.all([process.status, collect(process.stdout, out), collect(process.stderr, err)])
    .then(([{ code }]) => code);
  let hasEnded = false;
  void process.status.then(() => hasEnded = true);
  return {
    pid: process.pid,
    out,
    err,
    ended,
    write: (text) => input.write(new TextEncoder().encode(text)),
    endInput: () => input.close(),
    kill: (signal) => process.kill(signal),
    async [Symbol.asyncDispose]() {
      if (!hasEnded) process.kill("SIGTERM");
      const deadline = setTimeout(() => process.kill("SIGKILL"), KILL_MS);
      await ended;
      clearTimeout(deadline);
      // It fails if the process has ended first, or the test has closed it.
      await input.close().catch(() => {});
    },
  };
}

/** The first line on stdout, as soon as it is there. */
export function firstLine(program: RunningProgram): Promise<string> {
  return eventually(() => {
    const [line] = program.out;
    if (line === undefined) throw new Error(`Nothing printed yet, but on stderr: ${program.err.join("\n")}`);
    return line;
  }, { timeoutMs: 20_000 });
}

async function collect(bytes: ReadableStream<Uint8Array<ArrayBuffer>>, into: string[]): Promise<void> {
  for await (const line of lines(bytes)) into.push(line);
}
