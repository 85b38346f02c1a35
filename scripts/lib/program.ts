const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];

/** What {@linkcode runProgram} runs. */
export interface Program<TOptions> {
  /** How to call it, a line each. */
  readonly usage: string;
  /** Reads the arguments; what it throws is the user's mistake. */
  readonly readOptions: (args: string[]) => TOptions;
  /** Does the work, and ends orderly when `interrupted` aborts. Returns the exit code. */
  readonly run: (options: TOptions, interrupted: AbortSignal) => Promise<number>;
}

/**
 * Runs a program to its end. What it throws is printed as one line: exit code 2 for its arguments, else 1.
 */
export async function runProgram<TOptions>({ usage, readOptions, run }: Program<TOptions>): Promise<never> {
  let options: TOptions;
  try {
    options = readOptions(Deno.args);
  } catch (error) {
    console.error(`${messageOf(error)}\n\n${usage}`);
    Deno.exit(2);
  }
  try {
    // Not left to end by itself: Deno waits up to 15 s for the idle timer of a WebSocket whose peer was
    // killed.
    Deno.exit(await run(options, interruption()));
  } catch (error) {
    console.error(messageOf(error));
    Deno.exit(1);
  }
}

/** The message of an error, or whatever else was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Reads a number from the command line.
 *
 * @throws {RangeError} If it is none, or not within the bounds.
 */
export function readNumber(name: string, text: string, min: number, max: number): number {
  const number = Number(text);
  if (text.trim() !== "" && number >= min && number <= max) return number;
  throw new RangeError(`Cannot take "${text}" as ${name}: it is a number from ${min} to ${max}`);
}

/** Resolves once the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/**
 * Aborts at the first SIGINT or SIGTERM. Another one then ends the process at once, as it would without this.
 */
function interruption(): AbortSignal {
  const controller = new AbortController();
  const interrupt = (): void => {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, interrupt);
    controller.abort();
  };
  for (const signal of SIGNALS) Deno.addSignalListener(signal, interrupt);
  return controller.signal;
}
