/** The workflows of GitHub, as far as they can run elsewhere. */
import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { startProcess } from "../../scripts/lib/process.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** A workflow. */
export interface Workflow {
  readonly env?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<
    Record<string, {
      readonly needs?: string;
      readonly environment?: string;
      readonly permissions?: Readonly<Record<string, string>>;
      readonly steps: readonly {
        readonly run?: string;
        readonly uses?: string;
        readonly env?: Readonly<Record<string, string>>;
      }[];
    }>
  >;
}

/** The commands that cannot run in a test, with the reasons. Every other one must. */
const ONLY_ON_GITHUB: readonly (readonly [command: RegExp, reason: string])[] = [
  [/^sudo apt-get /, "installs on the whole machine"],
  [/^bash \.ci\/run$/, "runs this test"],
  [/^\$DENO task test:long$/, "runs this test"],
  [/^(?:.* && )?\$DENO publish$/, "publishes to JSR"],
];

/** Returns the workflows, by the names of their files. */
export async function readWorkflows(): Promise<Record<string, Workflow>> {
  const workflows: Record<string, Workflow> = {};
  for (const path of globSync(".github/workflows/*.yml", { cwd: root })) {
    workflows[path.replace(/^.*[\\/]/, "")] = parse(await Deno.readTextFile(`${root}/${path}`));
  }
  return workflows;
}

/** Returns the commands of a job that can run in a test, in order. */
export function commandsOf({ jobs }: Workflow, job: string): string[] {
  const commands = jobs[job]?.steps.flatMap(({ run }) => run === undefined ? [] : [run.trim()]) ?? [];
  return commands.filter((command) => !ONLY_ON_GITHUB.some(([pattern]) => pattern.test(command)));
}

/** Makes a repository with the files of this one that are not ignored, as a clone of the next commit would have them. */
export async function cloneInto(folder: string): Promise<void> {
  const git = async (cwd: string, ...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await startProcess(["git", ...args], { cwd }).ended;
    if (code !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
    return stdout;
  };
  const files = await git(root, "ls-files", "--cached", "--others", "--exclude-standard", "-z");
  for (const file of files.split("\0").filter((path) => path !== "")) {
    const text = await Deno.readFile(`${root}/${file}`).catch(() => undefined);
    // A file that is deleted, and not committed yet.
    if (text === undefined) continue;
    await Deno.mkdir(`${folder}/${file.replace(/[^/]*$/, "")}`, { recursive: true });
    await Deno.writeFile(`${folder}/${file}`, text);
  }
  await git(folder, "init", "--quiet");
  await git(folder, "add", "--all");
  const author = ["-c", "user.name=test", "-c", "user.email=test@localhost"];
  await git(folder, ...author, "commit", "--quiet", "--message", "All files");
}
