import { decodeError } from "../../core/describe.ts";
import type { SessionControl, SessionParts } from "./parts.ts";

/** Decodes what arrived to values that are not checked yet, or says why it is skipped. */
export function decodeFrame(
  data: unknown,
  { codec, bounds }: Pick<SessionParts, "codec" | "bounds">,
): readonly unknown[] | SessionControl {
  if (codec.isLargerThan(data, bounds.maxFrameBytes)) return { kind: "oversized" };
  try {
    const frame = codec.decode(data);
    return Array.isArray(frame) ? frame : [frame];
  } catch (cause) {
    return {
      kind: "malformed",
      error: decodeError("a frame", cause),
    };
  }
}
