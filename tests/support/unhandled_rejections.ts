import { eventually } from "./eventually.ts";

/** Runs `use`, and returns the reasons of the promises that rejected meanwhile with nobody to handle it. */
export async function unhandledRejections(use: () => unknown): Promise<unknown[]> {
  const reasons: unknown[] = [];
  const onRejection = (event: PromiseRejectionEvent): void => {
    event.preventDefault();
    reasons.push(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", onRejection);
  try {
    await use();
    // They are told in order: once this one is, the others were.
    const last = new Error("the last rejection");
    void Promise.reject(last);
    await eventually(() => reasons.includes(last));
    return reasons.filter((reason) => reason !== last);
  } finally {
    globalThis.removeEventListener("unhandledrejection", onRejection);
  }
}
