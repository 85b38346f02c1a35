import { describe } from "../../core/describe.ts";
import { exceedsUtf8Length } from "../../core/utf8.ts";
import { NORMAL_CLOSURE } from "../_wire/close_codes.ts";
import type { SpokeCloseOptions } from "./types.ts";

/** The longest close reason of a WebSocket, in bytes. */
const MAX_REASON_BYTES = 123;

/** The code and the reason that a spoke gets. Throws a `RangeError` if one is out of range. */
export function closeReasonOf(
  { code = NORMAL_CLOSURE, reason = "" }: SpokeCloseOptions = {},
): [code: number, reason: string] {
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
  return [code, reason];
}

/** The code and the reason without options, in one object for all spokes. */
export const DEFAULT_CLOSE_REASON: Readonly<ReturnType<typeof closeReasonOf>> =
  /* @__PURE__ */ closeReasonOf();

/** Whether an end of a WebSocket may send a code, by RFC 6455. */
function isCloseCode(code: number): boolean {
  return Number.isInteger(code) &&
    ((code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999));
}
