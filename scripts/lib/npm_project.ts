// An npm project in a temporary folder, for packages that Deno does not run or must not have.

import { runProcess } from "./process.ts";

/** The command in front of npm and npx, which are scripts of a shell on Windows. */
const SHELL = Deno.build.os === "windows" ? ["cmd", "/d", "/c"] : [];

/** The command of npm. */
export const NPM: readonly string[] = [...SHELL, "npm"];

/** The command of npx. */
export const NPX: readonly string[] = [...SHELL, "npx"];

/** Long, since the network may be slow. */
const INSTALL_MS = 300_000;

/** A folder with packages from npm. Disposing of it removes the folder. */
export class NpmProject implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Creates a project of ES modules without packages. */
  static async create(): Promise<NpmProject> {
    const project = new NpmProject(await Deno.makeTempDir({ prefix: "pubsub-npm-" }));
    await project.write({ "package.json": '{ "private": true, "type": "module" }' });
    return project;
  }

  /** Installs packages, named as on the command line of npm. */
  async install(...packages: readonly string[]): Promise<void> {
    await this.run(...NPM, "install", "--no-audit", "--no-fund", "--loglevel=error", ...packages);
  }

  /** Returns the path of a file of the project. */
  path(file: string): string {
    return `${this.folder}/${file}`;
  }

  /** Returns the path of a command of an installed package. */
  bin(command: string): string {
    return this.path(`node_modules/.bin/${command}`);
  }

  /** Writes files, given as text by path. */
  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [file, text] of Object.entries(files)) await Deno.writeTextFile(this.path(file), text);
  }

  /** Runs a command in the project and returns its output. Throws unless the exit code is 0. */
  run(...command: readonly string[]): Promise<string> {
    return runProcess(command, { cwd: this.folder, timeoutMs: INSTALL_MS });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}
