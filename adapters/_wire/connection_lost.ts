import type { BaseEventTarget } from "../../core/base_event_target.ts";
import { keepable, printable } from "../../core/describe.ts";
import { ConnectionLostError } from "../../core/errors.ts";
import type { SessionEnd, Wire, WireEnd } from "./wire.ts";

/** The error that subscriptions and flushes get when their wire ends. */
export function connectionLost({ code, reason, error }: WireEnd): ConnectionLostError {
  const detail = [code === undefined ? "" : ` with the code ${code}`, reason ? `: ${printable(reason)}` : ""]
    .join("");
  return new ConnectionLostError(`The connection ended${detail}`, { code, reason, cause: error });
}

/** Reports the fault that ended a wire, unless the end was asked for, and the events that did not leave. */
export function reportEnd(
  target: BaseEventTarget,
  end: SessionEnd,
  isUnexpected: boolean,
  unsent: number,
): void {
  const { error, stage, failed } = end;
  if (error !== undefined && (isUnexpected || stage === "publish")) {
    target.report(stage ?? "connect", error, undefined, failed);
  }
  if (unsent === 0) return;
  target.report("publish", new Error(`${unsent} events were not sent before the connection ended`));
}

/** Reports that a link had no answer to its hello, which this end has not read. */
export function reportMissedHello(target: BaseEventTarget): void {
  const what = "A link left, since its hello was not answered: frames before addConnection are lost";
  target.report("connect", new Error(what));
}

/** The end of a session over a wire. If the wire never opened, the end says which attempt has failed. */
export function sessionEnd(wireEnd: WireEnd, { peer, attempt }: Wire, wasOpen: boolean): SessionEnd {
  const { reason } = wireEnd;
  const end = reason === undefined ? wireEnd : { ...wireEnd, reason: printableLines(reason) };
  if (wasOpen || end.error === undefined) return end;
  return {
    ...end,
    failed: { ...(peer !== undefined && { peer }), ...(attempt !== undefined && { attempt }) },
  };
}

/** A reason that a peer may have given, in its lines. */
function printableLines(reason: string): string {
  return keepable(reason).split("\n").map((line) => printable(line)).join("\n");
}
