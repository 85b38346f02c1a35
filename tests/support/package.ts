/** The package as users get it: packed, and installed with npm into an empty project. */
import { NPM, NpmProject } from "../../scripts/lib/npm_project.ts";
import { runProcess } from "../../scripts/lib/process.ts";

const root = new URL("../../", import.meta.url);

/** package.json, as far as the tests read it. */
export interface Manifest {
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly [field: string]: unknown;
}

/** A package that is installed. */
export interface InstalledPackage extends AsyncDisposable {
  readonly project: NpmProject;
  readonly tarball: string;
  readonly manifest: Manifest;
  /** The URL of the ES module that the name of the package resolves to. */
  readonly entry: string;
  /** Whether the package has CommonJS as well. */
  readonly hasCommonJs: boolean;
}

/**
 * Packs the package and installs it beside others. The package is the folder or tarball that `PUBSUB_PACKAGE` names, by
 * default the one that `deno pack` makes.
 */
export async function installPackage(...others: readonly string[]): Promise<InstalledPackage> {
  await using stack = new AsyncDisposableStack();
  const project = stack.use(await NpmProject.create());
  const tarball = project.path("package.tgz");
  await packInto(project, tarball);
  await project.install(tarball, ...others);
  const file = project.path("node_modules/@alkdev/pubsub/package.json");
  // Cast: npm has accepted it as a package.json, and the tests fail on exports of another shape.
  const manifest = JSON.parse(await Deno.readTextFile(file)) as Manifest;
  const moved = stack.move();
  return {
    project,
    tarball,
    manifest,
    entry: new URL(manifest.exports["."]?.["import"] ?? "", `file://${file}`).href,
    hasCommonJs: Object.values(manifest.exports).some((conditions) => "require" in conditions),
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}

/** Packs the package, unless it is a tarball already. */
async function packInto(project: NpmProject, tarball: string): Promise<void> {
  const given = Deno.env.get("PUBSUB_PACKAGE");
  if (given === undefined) {
    const pack = [Deno.execPath(), "pack", "--quiet", "--allow-dirty", "--output", tarball];
    await runProcess(pack, { cwd: root.pathname, timeoutMs: 120_000 });
  } else if ((await Deno.stat(given)).isFile) {
    await Deno.copyFile(given, tarball);
  } else {
    const [{ filename }] = JSON.parse(await project.run(NPM, "pack", "--json", given));
    await Deno.rename(project.path(filename), tarball);
  }
}
