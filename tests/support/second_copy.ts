/** The library a second time in the same process, as bundlers and package managers load it. */
import { pathToFileURL } from "node:url";
import type * as errors from "../../core/errors.ts";
import type * as via from "../../core/via.ts";
import type * as library from "../../mod.ts";
import type * as redis from "../../adapters/redis.ts";

const root = new URL("../../", import.meta.url);

/** The modules of the copy. */
export interface SecondCopy extends AsyncDisposable {
  readonly library: typeof library;
  readonly redis: typeof redis;
  readonly errors: typeof errors;
  readonly via: typeof via;
}

/** Loads a copy of the sources. Its disposal removes its files. */
export async function loadSecondCopy(): Promise<SecondCopy> {
  const folder = await Deno.makeTempDir();
  await Deno.copyFile(new URL("mod.ts", root), `${folder}/mod.ts`);
  for (const room of ["core", "adapters", "operators"]) await copyFolder(room, folder);
  const load = (path: string) => import(pathToFileURL(`${folder}/${path}`).href);
  return {
    library: await load("mod.ts"),
    redis: await load("adapters/redis.ts"),
    errors: await load("core/errors.ts"),
    via: await load("core/via.ts"),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

async function copyFolder(path: string, into: string): Promise<void> {
  await Deno.mkdir(`${into}/${path}`);
  for await (const { name, isDirectory } of Deno.readDir(new URL(path, root))) {
    if (isDirectory) await copyFolder(`${path}/${name}`, into);
    else await Deno.copyFile(new URL(`${path}/${name}`, root), `${into}/${path}/${name}`);
  }
}
