/** Waits on a fact: tries a check until it neither throws nor returns `false`. */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { timeoutMs = 5000 }: { timeoutMs?: number } = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (let delayMs = 1;; delayMs = Math.min(delayMs * 2, 50)) {
    let failure: unknown;
    try {
      const result = await check();
      if (result !== false) return result;
      failure = new Error("The check returned false");
    } catch (error) {
      failure = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`It did not come true within ${timeoutMs} ms`, { cause: failure });
    }
    await new Promise((resolve) => setTimeout(resolve, delayMs));
  }
}
