import { describe } from "../../core/describe.ts";
import { ignore } from "../../core/ignore.ts";
import { exceedsUtf8Length } from "../../core/utf8.ts";
import { NORMAL_CLOSURE } from "../_wire/close_codes.ts";
import type { Spoke } from "./spoke.ts";
import type { SpokeCloseOptions } from "./types.ts";

/** The longest close reason of a WebSocket, in bytes. */
const MAX_REASON_BYTES = 123;

/** Closes spokes, after what is queued for them. */
export function closeSpokes(
  spokes: readonly Spoke[],
  { code = NORMAL_CLOSURE, reason = "" }: SpokeCloseOptions = {},
): Promise<void> {
  if (!isCloseCode(code)) {
    throw new RangeError(
      `Cannot close with the code ${describe(code)}: it must be 1000 to 1003, 1007 to 1014, or 3000 to 4999`,
    );
  }
  if (exceedsUtf8Length(reason, MAX_REASON_BYTES)) {
    throw new RangeError(
      `Cannot close with ${describe(reason)}: a reason has at most ${MAX_REASON_BYTES} bytes`,
    );
  }
  return Promise.all(spokes.map((spoke) => spoke.closeFor(code, reason))).then(ignore);
}

/** Whether an end of a WebSocket may send a code, by RFC 6455. */
function isCloseCode(code: number): boolean {
  return Number.isInteger(code) &&
    ((code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999));
}
