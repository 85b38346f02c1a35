import { eventually } from "./eventually.ts";

/** Runs `use`, and returns the reasons of the unhandled rejections during that time. */
export async function unhandledRejections(use: () => unknown): Promise<unknown[]> {
  const reasons: unknown[] = [];
  const onRejection = (event: PromiseRejectionEvent): void => {
    event.preventDefault();
    reasons.push(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", onRejection);
  try {
    await use();
    // Rejections are reported in order: after this one, all others have been.
    const last = new Error("the last rejection");
    void Promise.reject(last);
    await eventually(() => reasons.includes(last));
    return reasons.filter((reason) => reason !== last);
  } finally {
    globalThis.removeEventListener("unhandledrejection", onRejection);
  }
}
