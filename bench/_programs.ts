import { runProcess } from "../scripts/lib/process.ts";

/** A program that benches start. */
export interface Program {
  /** Its name. */
  readonly name: string;
  /** The command that prints its version. */
  readonly command: readonly string[];
  /** The rows that are left out if it is not installed. Without such rows, the benches fail. */
  readonly rows: readonly string[];
}

/** The programs that the benches start beside Deno. */
const PROGRAMS: readonly Program[] = [
  { name: "Node", command: ["node", "--version"], rows: [] },
  { name: "Node 20", command: ["npx", "-y", "node@20", "--version"], rows: [] },
  { name: "Bun", command: ["npx", "-y", "bun", "--version"], rows: [] },
  { name: "redis-server", command: ["redis-server", "--version"], rows: [] },
  { name: "nats-server", command: ["nats-server", "--version"], rows: ["nats-core over nats-server"] },
];

/** The versions of the installed programs, a line each. */
export async function programVersions(): Promise<string[]> {
  const versions = await Promise.all(PROGRAMS.map(versionOf));
  return PROGRAMS.map(({ name }, n) => `${name} (${versions[n]})`).filter((_, n) =>
    versions[n] !== undefined
  );
}

/** The programs that are not installed, with the rows that are missing for it. */
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
