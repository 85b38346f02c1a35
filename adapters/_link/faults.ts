import { describe, printable } from "../../core/describe.ts";
import { RefusedError } from "../../core/errors.ts";
import type { RefusedTopic } from "../_wire/frame.ts";
import type { SessionControl } from "../_session/parts.ts";
import type { SessionOptions } from "../_session/options.ts";

/** The fault of what a hub must not send. */
export function controlFault(
  control: Extract<SessionControl, { kind: "malformed" | "oversized" | "subscribe" | "unsubscribe" }>,
  { maxFrameBytes }: SessionOptions,
): Error {
  if (control.kind === "malformed") return control.error;
  if (control.kind === "oversized") {
    return new RangeError(`Received a frame larger than ${maxFrameBytes} bytes`);
  }
  return new TypeError(`Received "${control.kind}" from a hub: only a spoke sends it`);
}

export function refusedError({ topic, reason: given }: RefusedTopic): RefusedError {
  const reason = printable(given);
  return new RefusedError(`The far end refused ${describe(topic)}: ${reason}`, { topic, reason });
}
