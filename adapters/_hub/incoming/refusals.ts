import type { ErrorStage } from "../../../core/types.ts";

/** The reason why a topic of a request was refused. */
export interface Refusal {
  /** The reason, for the spoke. */
  readonly reason: string;
  /** The error that `authorize` threw, for the hub's program. */
  readonly cause?: unknown;
}

/** The refused topics of one request. */
export type Refusals = ReadonlyMap<string, Refusal>;

export const NO_REFUSALS: Refusals = new Map();

/** Reports a refused request once, with the topic that `authorize` threw at if there is one. */
export function reportRefusals(
  spoke: { report(stage: ErrorStage, error: unknown, topic?: string): void },
  action: "subscribe" | "publish",
  refused: Refusals,
): void {
  const [first] = refused;
  if (first === undefined) return;
  const [topic, { reason, cause }] = [...refused].find(([, { cause }]) => cause !== undefined) ?? first;
  const what = action === "publish"
    ? "publish an event of a spoke"
    : `subscribe a spoke to ${refused.size} topics, one of them`;
  const error = new TypeError(`Cannot ${what}: ${reason}`, cause === undefined ? {} : { cause });
  spoke.report(action, error, topic);
}
