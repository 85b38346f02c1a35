import type { Change, Outcome } from "./events.ts";
import type { ShownHub } from "./observed.ts";
import { splitTopic } from "./topic_counts.ts";

/** A code after which a link does not come back. */
const FINAL = 4403;

/** Reads a change that a page asks for. Returns `undefined` for anything else. */
export function readChange(value: unknown): Change | undefined {
  const members: Partial<Record<string, unknown>> = typeof value === "object" && value !== null
    ? { ...value }
    : {};
  const { action, topic, payload, spoke, isFinal } = members;
  if (action === "publish" && typeof topic === "string") return { action, topic, payload };
  if (typeof spoke !== "number") return undefined;
  if (action === "revoke" && typeof topic === "string") return { action, spoke, topic };
  if (action === "close") return { action, spoke, isFinal: isFinal === true };
  return undefined;
}

/** Changes the hub, and says what was done. */
export function makeChange({ hub, bus, observed }: ShownHub, change: Change): Outcome {
  const { action } = change;
  const answer = (isDone: boolean, text: string): Outcome => ({ of: action, isDone, text });
  try {
    if (action === "publish") {
      const [type, id = ""] = splitTopic(change.topic);
      bus.publish({ type, id, payload: change.payload });
      return answer(true, `Published ${type}:${id}`);
    }
    const spoke = observed.find(change.spoke);
    if (spoke === undefined) return answer(false, `Spoke ${change.spoke} has left`);
    if (action === "revoke") {
      hub.revoke(spoke, ...change.topic === "" ? [] : [change.topic]);
      return answer(true, `Spoke ${change.spoke} has lost ${change.topic || "all its topics"}`);
    }
    const code = change.isFinal ? FINAL : 1000;
    void hub.close(spoke, { code, reason: "closed from the live page" });
    return answer(true, `Closed spoke ${change.spoke}`);
  } catch (error) {
    return answer(false, error instanceof Error ? error.message : String(error));
  }
}

/** What a page has changed, as a line for the console. Names of topics come from outside, and a terminal obeys some characters. */
export function lineOf({ of, isDone, text }: Outcome): string {
  const escaped = JSON.stringify(text)
    .replace(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return `live page, ${of}: ${isDone ? "" : "not done: "}${escaped}`;
}
