import { runProcess } from "../scripts/lib/process.ts";

/** A program that benches start. */
export interface Program {
  /** Its name. */
  readonly name: string;
  /** What tells its version. */
  readonly command: readonly string[];
  /** The rows that go without it where it is not installed; if there are none, the benches fail there. */
  readonly rows: readonly string[];
}

/** What the benches start beside Deno. */
const PROGRAMS: readonly Program[] = [
  { name: "Node", command: ["node", "--version"], rows: [] },
  { name: "Node 20", command: ["npx", "-y", "node@20", "--version"], rows: [] },
  { name: "Bun", command: ["npx", "-y", "bun", "--version"], rows: [] },
  { name: "redis-server", command: ["redis-server", "--version"], rows: [] },
  { name: "nats-server", command: ["nats-server", "--version"], rows: ["nats-core over nats-server"] },
];

/**
 * The versions of the programs that the benches start.
 *
 * @returns A line for each that is installed.
 */
export async function programVersions(): Promise<string[]> {
  const versions = await Promise.all(PROGRAMS.map(versionOf));
  return PROGRAMS.map(({ name }, n) => `${name} (${versions[n]})`).filter((_, n) =>
    versions[n] !== undefined
  );
}

/**
 * The programs that rows are missing without.
 *
 * @returns Those that are not installed.
 */
export async function missingPrograms(): Promise<Program[]> {
  const optional = PROGRAMS.filter(({ rows }) => rows.length > 0);
  const versions = await Promise.all(optional.map(versionOf));
  return optional.filter((_, n) => versions[n] === undefined);
}

async function versionOf({ command }: Program): Promise<string | undefined> {
  try {
    return /\d+\.\d+\.\d+/.exec(await runProcess(command))?.[0];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
