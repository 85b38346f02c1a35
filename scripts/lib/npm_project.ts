// A project of npm's in a temporary folder, for what Deno itself does not run or must not have.

import { runProcess } from "./process.ts";

/** How npm is called. */
export const NPM = Deno.build.os === "windows" ? "npm.cmd" : "npm";

/** The network may be slow. */
const INSTALL_MS = 300_000;

/** A folder with packages from npm, gone when it is disposed of. */
export class NpmProject implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes a project of ES modules without packages. */
  static async create(): Promise<NpmProject> {
    const project = new NpmProject(await Deno.makeTempDir({ prefix: "pubsub-npm-" }));
    await project.write({ "package.json": '{ "private": true, "type": "module" }' });
    return project;
  }

  /** Installs packages, named as npm's command line has it. */
  async install(...packages: readonly string[]): Promise<void> {
    await this.run(NPM, "install", "--no-audit", "--no-fund", "--loglevel=error", ...packages);
  }

  /** Where a file of the project is. */
  path(file: string): string {
    return `${this.folder}/${file}`;
  }

  /** Where an installed package has its command. */
  bin(command: string): string {
    return this.path(`node_modules/.bin/${command}`);
  }

  /** Writes files, text by path. */
  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [file, text] of Object.entries(files)) await Deno.writeTextFile(this.path(file), text);
  }

  /** Runs a command in the project and returns what it prints. Throws unless it ends with 0. */
  run(...command: readonly string[]): Promise<string> {
    return runProcess(command, { cwd: this.folder, timeoutMs: INSTALL_MS });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}
