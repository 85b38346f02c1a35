import type { EventEnvelope } from "../../core/types.ts";
import { viaOf, withVia } from "../../core/via.ts";

const POSITION = /^([\w-]{5}\.)(\d{6,15})$/;

/** The events of a message that stands for several of one topic with a history, or `undefined` for any other message. */
export function eventsOfRun(detail: unknown): readonly EventEnvelope[] | undefined {
  const run: Partial<Run> = Object(detail);
  if (!Array.isArray(run.payloads) || "payload" in run) return undefined;
  const [, epoch, first] = POSITION.exec(String(run.at)) ?? [];
  const { type, id } = run;
  if (epoch === undefined || typeof type !== "string" || typeof id !== "string") return undefined;
  const via = viaOf(run as EventEnvelope);
  return run.payloads.map((payload: unknown, i) => {
    const event = { type, id, payload, at: `${epoch}${Number(first) + i}` };
    return via === undefined ? event : withVia(event, via);
  });
}

interface Run {
  readonly type: unknown;
  readonly id: unknown;
  /** The position of the first event. Each other one is the next after the one before it. */
  readonly at: unknown;
  readonly payloads: unknown;
}
