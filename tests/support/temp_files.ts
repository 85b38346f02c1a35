// Files on disk, for tests of scripts that read files.

import { pathToFileURL } from "node:url";

/** Calls `use` with a temporary folder that holds `files`, given as text by path, and returns its result. */
export async function withFiles<T>(
  files: Readonly<Record<string, string>>,
  use: (root: URL) => Promise<T>,
): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    const root = pathToFileURL(`${folder}/`);
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(new URL(".", new URL(path, root)), { recursive: true });
      await Deno.writeTextFile(new URL(path, root), text);
    }
    return await use(root);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
