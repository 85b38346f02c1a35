/** The package as users get it: packed, and installed with npm into an empty project. */
import { pathToFileURL } from "node:url";
import { buildNpm } from "../../scripts/build_npm.ts";
import { NPM, NpmProject } from "../../scripts/lib/npm_project.ts";

/** package.json, as far as the tests read it. */
export interface Manifest {
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly [field: string]: unknown;
}

/** A package that is installed. */
export interface InstalledPackage extends AsyncDisposable {
  readonly project: NpmProject;
  readonly tarball: string;
  readonly manifest: Manifest;
  /** The URL of the ES module that the name of the package resolves to. */
  readonly entry: string;
}

/** Writes the tarball of a package into a project. */
export type Pack = (project: NpmProject, tarball: string) => Promise<void>;

/** Packs the package and installs it beside others. */
export async function installPackage(
  others: readonly string[],
  pack: Pack = packBuilt,
): Promise<InstalledPackage> {
  await using stack = new AsyncDisposableStack();
  const project = stack.use(await NpmProject.create());
  const tarball = project.path("package.tgz");
  await pack(project, tarball);
  await project.install(tarball, ...others);
  const file = project.path("node_modules/@alkdev/pubsub/package.json");
  // Cast: npm has accepted it as a package.json, and the tests fail on exports of another shape.
  const manifest = JSON.parse(await Deno.readTextFile(file)) as Manifest;
  const moved = stack.move();
  return {
    project,
    tarball,
    manifest,
    entry: new URL(Object(manifest.exports["."])["import"] ?? "", pathToFileURL(file)).href,
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}

/** Packs the folder or takes the tarball that `PUBSUB_PACKAGE` names, by default a new build. */
async function packBuilt(project: NpmProject, tarball: string): Promise<void> {
  const given = Deno.env.get("PUBSUB_PACKAGE");
  if (given !== undefined && (await Deno.stat(given)).isFile) return await Deno.copyFile(given, tarball);
  const folder = given ?? project.path("built");
  if (given === undefined) await buildNpm(folder);
  const [{ filename }] = JSON.parse(await project.run(...NPM, "pack", "--json", folder));
  await Deno.rename(project.path(filename), tarball);
  if (given === undefined) await Deno.remove(folder, { recursive: true });
}
