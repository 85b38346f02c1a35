/** How many bytes the heap holds after garbage collection, in a process that runs with `--v8-flags=--expose-gc`. */
export async function heapAfterCollection(): Promise<number> {
  // The flag that this process is started with defines it.
  const { gc } = globalThis as unknown as { gc: () => void };
  for (let i = 0; i < 5; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return Deno.memoryUsage().heapUsed;
}
