/** What V8 offers under `--expose-gc`. */
const { gc } = globalThis as { gc?: () => void };

/**
 * What is on the heap once nothing is left to be collected.
 *
 * @returns The bytes.
 */
export async function settledHeap(): Promise<number> {
  if (gc === undefined) throw new Error("Cannot measure: start this with --v8-flags=--expose-gc");
  for (let i = 0; i < 3; i++) {
    // Microtasks, finalizers and timers come between.
    await new Promise((resolve) => setTimeout(resolve, 10));
    gc();
  }
  return Deno.memoryUsage().heapUsed;
}
