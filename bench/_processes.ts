// Processes that are told values and tell values, a line of JSON each.

/** A process. It ends when its standard input does: when the process that started it is gone. */
export interface LineProcess {
  /** The next line that it tells; rejects if it has ended. */
  next(): Promise<string>;
  /** Tells it a value. */
  tell(value: unknown): void;
}

/**
 * Starts a process.
 *
 * @param command The program and its arguments.
 * @returns The process, which keeps nobody from ending.
 */
export function startLineProcess([program = "", ...args]: readonly string[]): LineProcess {
  const child = new Deno.Command(program, { args, stdin: "piped", stdout: "piped" }).spawn();
  child.unref();
  const writer = child.stdin.getWriter();
  const encoder = new TextEncoder();
  const lines = linesOf(child.stdout);
  return {
    async next() {
      const { value } = await lines.next();
      if (value === undefined) throw new Error(`${program} ${args.join(" ")} has ended`);
      return value;
    },
    tell: (value) => void writer.write(encoder.encode(`${JSON.stringify(value)}\n`)),
  };
}

/**
 * The command that runs a script of the benches with the same Deno.
 *
 * @param script The script's name.
 * @param args Its arguments.
 * @returns The program and its arguments.
 */
export function denoCommand(script: string, ...args: readonly string[]): string[] {
  const path = new URL(script, import.meta.url).pathname;
  return [Deno.execPath(), "run", "-A", "--no-check", path, ...args];
}

/**
 * The lines of a stream of bytes.
 *
 * @param bytes The stream.
 * @returns Its lines, without their ends.
 */
export async function* linesOf(bytes: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

/**
 * Runs a program to its end.
 *
 * @param command The program and its arguments.
 * @param cwd Where it runs.
 * @returns What it prints.
 * @throws {Error} If it fails.
 */
export async function output([program = "", ...args]: readonly string[], cwd?: string): Promise<string> {
  const options = { args, ...(cwd !== undefined && { cwd }) };
  const { success, stdout, stderr } = await new Deno.Command(program, options).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`${program} ${args.join(" ")} failed:\n${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}
