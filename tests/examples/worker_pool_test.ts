import { assertEquals } from "@std/assert";
import { startProgram } from "../support/program.ts";

Deno.test("the worker pool hashes every file of a folder, like sha256sum", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.mkdir(`${folder}/nested`);
  const hex = (bytes: ArrayBuffer) =>
    Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const expected: string[] = [];
  for (let i = 0; i < 20; i++) {
    const path = `${folder}/${i % 2 ? "nested/" : ""}${i}`;
    const bytes = new TextEncoder().encode(`${i} é`.repeat(i * 1000));
    await Deno.writeFile(path, bytes);
    expected.push(`${hex(await crypto.subtle.digest("SHA-256", bytes))}  ${path}`);
  }
  await using pool = startProgram("examples/worker_pool.ts", "--workers", "3", folder);
  assertEquals([await pool.ended, pool.out.toSorted()], [0, expected.sort()]);
  assertEquals(pool.err, expected.map((_, i) => `${i + 1} of 20`));
  await using wrong = startProgram("examples/worker_pool.ts", `${folder}/no-such-folder`);
  assertEquals([await wrong.ended, wrong.out], [2, []]);
  await Deno.remove(folder, { recursive: true });
});
