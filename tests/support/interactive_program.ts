/** Programs that read lines and print lines, as processes. */
import { eventually } from "./eventually.ts";

/** How an interactive program ended. */
export interface EndedProgram {
  readonly code: number;
  readonly stderr: string;
}

/** A program that reads lines from its input and prints lines. It is killed when it is disposed. */
export class InteractiveProgram implements AsyncDisposable {
  /** The lines that it has printed so far. */
  readonly lines: string[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #ended: Promise<EndedProgram>;
  #stderr = "";

  constructor([command = "", ...args]: readonly string[], cwd: string, env: Record<string, string> = {}) {
    const options = { stdin: "piped", stdout: "piped", stderr: "piped", env } as const;
    this.#child = new Deno.Command(command, { args, cwd, ...options }).spawn();
    this.#input = this.#child.stdin.getWriter();
    const printed = readLines(this.#child.stdout, (line) => this.lines.push(line));
    const reported = readLines(this.#child.stderr, (line) => this.#stderr += `${line}\n`);
    this.#ended = Promise.all([this.#child.status, printed, reported]).then(([{ code }]) => {
      return { code, stderr: this.#stderr };
    });
  }

  /** What it has printed on its standard error so far. */
  get stderr(): string {
    return this.#stderr;
  }

  /** Gives it lines to read. */
  async write(...lines: readonly string[]): Promise<void> {
    await this.#input.write(new TextEncoder().encode(lines.map((line) => `${line}\n`).join("")));
  }

  /** Waits until it has printed a line that matches, and returns the line. */
  printed(pattern: RegExp): Promise<string> {
    return eventually(() => {
      const line = this.lines.find((line) => pattern.test(line));
      if (line === undefined) throw new Error(`It printed: ${this.lines.join("\n")}\n${this.#stderr}`);
      return line;
    }, { timeoutMs: 20_000 });
  }

  /** Ends its input, and waits until it ends by itself. It is killed if it does not within ten seconds. */
  async end(): Promise<EndedProgram> {
    await this.#input.close();
    const deadline = setTimeout(() => this.#child.kill("SIGKILL"), 10_000);
    const ended = await this.#ended;
    clearTimeout(deadline);
    return ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#ended;
    await this.#input.abort().catch(() => {});
  }
}

async function readLines(
  bytes: ReadableStream<Uint8Array<ArrayBuffer>>,
  onLine: (line: string) => void,
): Promise<void> {
  let rest = "";
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(onLine);
  }
  if (rest !== "") onLine(rest);
}
