const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];

/** A program for {@linkcode runProgram}. */
export interface Program<TOptions> {
  /** How to call it, in lines. */
  readonly usage: string;
  /** Reads the arguments. Throws if the user made a mistake. */
  readonly readOptions: (args: string[]) => TOptions;
  /** Does the work, ends in order when `interrupted` aborts, and returns the exit code. */
  readonly run: (options: TOptions, interrupted: AbortSignal) => Promise<number>;
}

/** Runs a program to its end. Prints an error as one line. The exit code of an error is 2 for arguments, otherwise 1. */
export async function runProgram<TOptions>({ usage, readOptions, run }: Program<TOptions>): Promise<never> {
  let options: TOptions;
  try {
    options = readOptions(Deno.args);
  } catch (error) {
    console.error(`${messageOf(error)}\n\n${usage}`);
    Deno.exit(2);
  }
  try {
    // Without exit(), Deno waits up to 15 s for the idle timer of a WebSocket whose peer was killed.
    Deno.exit(await run(options, interruption()));
  } catch (error) {
    console.error(messageOf(error));
    Deno.exit(1);
  }
}

/** The message of an error, or any other thrown value as text. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Reads a number from the command line. Throws a `RangeError` for other text, and for a number out of bounds. */
export function readNumber(name: string, text: string, min: number, max: number): number {
  const number = Number(text);
  if (text.trim() !== "" && number >= min && number <= max) return number;
  throw new RangeError(`Cannot use "${text}" as ${name}: give a number from ${min} to ${max}`);
}

/** Resolves once the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** A signal that aborts at the first SIGINT or SIGTERM. The next one ends the process at once, as by default. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  const interrupt = (): void => {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, interrupt);
    controller.abort();
  };
  for (const signal of SIGNALS) Deno.addSignalListener(signal, interrupt);
  return controller.signal;
}
