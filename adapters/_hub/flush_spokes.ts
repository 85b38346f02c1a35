import { ConnectionLostError } from "../../core/errors.ts";
import type { FlushOptions } from "../../core/types.ts";
import type { Spoke } from "./spoke.ts";

/** Resolves when all spokes have handled everything that was sent to them before. */
export async function flushSpokes(spokes: readonly Spoke[], options?: FlushOptions): Promise<void> {
  await Promise.all(spokes.map((spoke) =>
    spoke.flush(options).catch((error: unknown) => {
      // A spoke that has ended has nothing left to handle.
      if (!(error instanceof ConnectionLostError)) throw error;
    })
  ));
}
