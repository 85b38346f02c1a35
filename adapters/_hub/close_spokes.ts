import { ignore } from "../../core/ignore.ts";
import { closeReasonOf } from "./close_reason.ts";
import type { Spoke } from "./spoke.ts";
import type { SpokeCloseOptions } from "./types.ts";

/** Closes spokes, after what is queued for them. */
export function closeSpokes(spokes: readonly Spoke[], options?: SpokeCloseOptions): Promise<void> {
  const [code, reason] = closeReasonOf(options);
  return Promise.all(spokes.map((spoke) => spoke.closeFor(code, reason))).then(ignore);
}
