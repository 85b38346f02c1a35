import { fileURLToPath } from "node:url";
import { runProcess } from "./process.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Writes the tarball that `deno pack` makes of the sources. */
export async function packWithDeno(tarball: string): Promise<void> {
  const pack = [Deno.execPath(), "pack", "--quiet", "--allow-dirty", "--output", tarball];
  await runProcess(pack, { cwd: root, timeoutMs: 120_000 });
}
