import { describe } from "../../core/describe.ts";
import { RejectedError } from "../../core/rejected_error.ts";
import type { ErrorStage } from "../../core/types.ts";
import type { SessionControl } from "../_session/parts.ts";
import type { RefusedTopic } from "../_wire/frame.ts";

/** Reports a fault, as the event target of the link does. */
export interface FaultReporter {
  report(stage: ErrorStage, error: unknown, topic?: string): void;
}

/** Reports events that the hub refuses, and what a hub must not send. */
export function reportControl(
  host: FaultReporter,
  control: SessionControl,
  { maxFrameBytes }: { readonly maxFrameBytes: number },
): void {
  switch (control.kind) {
    case "rejected":
      return host.report(
        "publish",
        new RejectedError(refusal(control, "an event on "), control),
        control.topic,
      );
    case "malformed":
      return host.report("decode", control.error);
    case "oversized":
      return host.report("decode", new RangeError(`Received a frame larger than ${maxFrameBytes} bytes`));
    case "misdirected":
      host.report("decode", new TypeError(`Received "${control.name}" from a hub: only a spoke sends it`));
  }
}

export function refusal({ topic, reason }: RefusedTopic, what = ""): string {
  return `The far end refused ${what}${describe(topic)}: ${reason}`;
}
