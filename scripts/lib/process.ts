// Processes that run to their end, within a time limit.

/** The directory, environment and time limit of a process. */
export interface ProcessOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** How a process ended. */
export interface EndedProcess {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running process. */
export interface RunningProcess {
  /** The first line of its output. Rejects if it ends without one. */
  readonly firstLine: Promise<string>;
  readonly ended: Promise<EndedProcess>;
}

/** Starts a process. If it has not ended in time, it is killed, and its exit code is not 0. */
export function startProcess(
  [command = "", ...args]: readonly string[],
  { cwd, env = {}, timeoutMs = 30_000 }: ProcessOptions = {},
): RunningProcess {
  // These processes do not run our sources, so they must not collect coverage. An empty variable would make Deno collect
  // it in the directory of the process.
  const { DENO_COVERAGE_DIR: _, ...inherited } = Deno.env.toObject();
  const child = new Deno.Command(command, {
    args,
    ...(cwd === undefined ? {} : { cwd }),
    clearEnv: true,
    env: { ...inherited, NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let killed = "";
  const deadline = setTimeout(() => {
    killed = `Killed: it had not ended after ${timeoutMs} ms\n`;
    child.kill("SIGKILL");
  }, timeoutMs);
  const first = Promise.withResolvers<string>();
  const ended = Promise.all([child.status, readText(child.stdout, first.resolve), readText(child.stderr)])
    .then(([{ code }, stdout, stderr]) => {
      clearTimeout(deadline);
      first.reject(new Error(`${command} ${args.join(" ")} printed no line, but on stderr: ${stderr}`));
      return { code, stdout, stderr: stderr + killed };
    });
  // Not every caller waits for the first line.
  first.promise.catch(() => {});
  return { firstLine: first.promise, ended };
}

/** Runs a process and returns its output. Throws unless the exit code is 0. */
export async function runProcess(command: readonly string[], options: ProcessOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await startProcess(command, options).ended;
  if (code === 0) return stdout;
  throw new Error(`${command.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
}

async function readText(
  bytes: ReadableStream<Uint8Array<ArrayBuffer>>,
  onFirstLine: (line: string) => void = () => {},
): Promise<string> {
  let text = "";
  for await (const chunk of bytes.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const end = text.indexOf("\n");
    if (end >= 0) onFirstLine(text.slice(0, end));
  }
  return text;
}
