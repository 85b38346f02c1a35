import { output } from "./_processes.ts";

/** A program that benches start. */
export interface Program {
  /** Its name. */
  readonly name: string;
  /** The rows that go without it where it is not installed; none if the benches fail then. */
  readonly rows: readonly string[];
}

/** What the benches start beside Deno. */
const PROGRAMS: readonly Program[] = [
  { name: "node", rows: [] },
  { name: "redis-server", rows: [] },
  { name: "nats-server", rows: ["nats-core over nats-server"] },
];

/**
 * The versions of the programs that the benches start.
 *
 * @returns What each that is installed says of its version.
 */
export async function programVersions(): Promise<string[]> {
  const versions = await Promise.all(PROGRAMS.map(versionOf));
  return versions.filter((version) => version !== undefined);
}

/**
 * The programs that rows are missing without.
 *
 * @returns Those that are not installed.
 */
export async function missingPrograms(): Promise<Program[]> {
  const versions = await Promise.all(PROGRAMS.map(versionOf));
  return PROGRAMS.filter((_, n) => versions[n] === undefined);
}

async function versionOf({ name }: Program): Promise<string | undefined> {
  try {
    const version = /v?=?(\d+\.\d+\.\d+)/.exec(await output([name, "--version"]))?.[1];
    return `${name} ${version}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
