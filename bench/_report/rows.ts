/** Rows by their group and name: nanoseconds, or bytes. */
import { fileURLToPath } from "node:url";
export type Rows = Readonly<Record<string, number>>;

/** The used part of the output of `deno bench --json`. */
interface BenchOutput {
  readonly benches: readonly {
    readonly group: string | null;
    readonly name: string;
    readonly results: readonly { readonly ok?: { readonly avg: number }; readonly failed?: unknown }[];
  }[];
}

/** Runs a file of `Deno.bench` rows in a process of its own. */
export async function runBench(file: string): Promise<Rows> {
  const { benches }: BenchOutput = await run([
    "bench",
    "-A",
    "--no-check",
    // A package that only a bench loads is not in the lock file.
    "--no-lock",
    "--v8-flags=--expose-gc",
    "--json",
    pathOf(file),
  ]);
  return Object.fromEntries(benches.map(({ group, name, results: [result] }) => {
    const row = group === null ? name : `${group}: ${name}`;
    if (result?.ok === undefined) throw new Error(`${file}: "${row}" failed: ${JSON.stringify(result)}`);
    return [row, result.ok.avg];
  }));
}

/** Runs a script that prints its rows, in a process of its own. */
export async function runScript(file: string, args: readonly string[] = []): Promise<Rows> {
  const { rows }: { rows: Rows } = await run([
    "run",
    "-A",
    "--no-check",
    "--v8-flags=--expose-gc",
    pathOf(file),
    ...args,
  ]);
  return rows;
}

/** Prints the rows of a script: of the part that its arguments name, or of all parts, each in a process of its own. */
export async function printRows(
  file: string,
  parts: readonly (readonly string[])[],
  measure: (...part: string[]) => Promise<Rows>,
): Promise<never> {
  const rows: Record<string, number> = {};
  if (Deno.args.length > 0) Object.assign(rows, await measure(...Deno.args));
  else for (const part of parts) Object.assign(rows, await runScript(file, part));
  console.log(JSON.stringify({ rows }));
  Deno.exit();
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(`../${file}`, import.meta.url));
}

async function run<T>(args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args: [...args] }).output();
  const decoder = new TextDecoder();
  // A script that missed its own figure prints rows too.
  if (stdout.length > 0) return JSON.parse(decoder.decode(stdout));
  throw new Error(`deno ${args.join(" ")} exited with ${code}:\n${decoder.decode(stderr)}`);
}
