/** The package as users get it: packed, and installed by npm into an empty project. */
import { runProcess } from "./_process.ts";

const NPM = Deno.build.os === "windows" ? "npm.cmd" : "npm";
const INSTALL = ["install", "--no-audit", "--no-fund", "--loglevel=error"];
/** The network may be slow. */
const INSTALL_MS = 300_000;

const root = new URL("../../", import.meta.url).pathname;

/** package.json, as far as the tests read it. */
export interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly [field: string]: unknown;
}

/** A project that has installed the package. */
export interface Project extends AsyncDisposable {
  readonly folder: string;
  readonly tarball: string;
  readonly manifest: Manifest;
  /** Whether the package has CommonJS as well. */
  readonly hasCommonJs: boolean;
  /** Writes files into the project, text by path. */
  write(files: Readonly<Record<string, string>>): Promise<void>;
  /** Runs a command in the project and returns what it prints. Throws unless it ends with 0. */
  run(...command: string[]): Promise<string>;
  /** Where an installed package has its command. */
  bin(command: string): string;
}

/**
 * Packs the package and installs it with some others, of which the versions are given by name. It is the one that
 * `PUBSUB_PACKAGE` names, a folder or a tarball, or else what `deno pack` makes of the sources.
 */
export async function installPackage(others: Readonly<Record<string, string>> = {}): Promise<Project> {
  const folder = await Deno.makeTempDir({ prefix: "pubsub-package-" });
  const path = (file: string) => `${folder}/${file}`;
  const run = (...command: string[]) => runProcess(command, { cwd: folder, timeoutMs: INSTALL_MS });
  const dispose = () => Deno.remove(folder, { recursive: true });
  try {
    await Deno.writeTextFile(path("package.json"), '{ "private": true, "type": "module" }');
    const tarball = await packInto(folder);
    const versions = Object.entries(others).map(([name, version]) => `${name}@${version}`);
    await run(NPM, ...INSTALL, tarball, ...versions);
    const manifest = await readManifest(path("node_modules/@alkdev/pubsub/package.json"));
    return {
      folder,
      tarball,
      manifest,
      hasCommonJs: Object.values(manifest.exports).some((conditions) => "require" in conditions),
      async write(files) {
        for (const [file, text] of Object.entries(files)) await Deno.writeTextFile(path(file), text);
      },
      run,
      bin: (command) => path(`node_modules/.bin/${command}`),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Makes the tarball, unless it is one already. */
async function packInto(folder: string): Promise<string> {
  const given = Deno.env.get("PUBSUB_PACKAGE");
  const tarball = `${folder}/package.tgz`;
  if (given === undefined) {
    const pack = [Deno.execPath(), "pack", "--quiet", "--allow-dirty", "--output", tarball];
    await runProcess(pack, { cwd: root, timeoutMs: INSTALL_MS });
  } else if ((await Deno.stat(given)).isFile) {
    await Deno.copyFile(given, tarball);
  } else {
    const output = await runProcess([NPM, "pack", "--json", given], { cwd: folder, timeoutMs: INSTALL_MS });
    await Deno.rename(`${folder}/${JSON.parse(output)[0].filename}`, tarball);
  }
  return tarball;
}

async function readManifest(file: string): Promise<Manifest> {
  // Cast: npm has just accepted the file as a package.json, and the tests fail on exports of another shape.
  return JSON.parse(await Deno.readTextFile(file)) as Manifest;
}
