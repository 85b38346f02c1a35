import { CLOSE_DEADLINE_MS } from "../../core/arguments.ts";

/** Resolves with a promise, or after the time that closing may take. */
export async function beforeDeadline(promise: Promise<unknown>): Promise<void> {
  let deadline: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => deadline = setTimeout(resolve, CLOSE_DEADLINE_MS));
  await Promise.race([late, promise]);
  clearTimeout(deadline);
}
