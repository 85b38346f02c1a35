import type { PayloadIssue } from "../../core/defined_events.ts";
import { printable } from "../../core/describe.ts";
import type { Control, RefusedTopic } from "./controls.ts";
import {
  isCount,
  isEach,
  isStrings,
  type Members,
  members,
  readBye,
  readHello,
  TOPICS_FAULT,
} from "./frame.ts";

const REFUSED_FAULT = "refused is not an array of topics with reasons";

/** Reads what a hub sends. */
export function readFromHub(kind: string, ref: string, payload: Members): Control | string | undefined {
  const { topics, refused, topic, reason, issues, more, up, hops, history } = payload;
  switch (kind as Control["kind"]) {
    case "hello":
      return readHello(payload);
    case "subscribed":
      if (!isStrings(topics)) return TOPICS_FAULT;
      if (refused !== undefined && !isRefused(refused)) return REFUSED_FAULT;
      return {
        kind: "subscribed",
        ref,
        topics,
        refused: (refused ?? []).flatMap(eachRefused),
        ...(history !== undefined && { history }),
      };
    case "revoked":
      return isRefused(refused) ? { kind: "revoked", refused: refused.flatMap(eachRefused) } : REFUSED_FAULT;
    case "gap":
      if (topics === undefined) return { kind: "gap" };
      return isStrings(topics) ? { kind: "gap", topics } : TOPICS_FAULT;
    case "upstream":
      return { kind: "upstream", up: up === true, ...(isCount(hops) && { hops }) };
    case "rejected":
      if (typeof topic !== "string" || typeof reason !== "string") return REFUSED_FAULT;
      return {
        kind: "rejected",
        topic,
        reason: printable(reason),
        ...(isIssues(issues) && { issues }),
        ...(isCount(more) && { more }),
      };
    case "bye":
      return readBye(payload);
    case "subscribe":
    case "unsubscribe":
      return { kind: "misdirected", name: kind };
  }
  return undefined;
}

/** The topics of an item of `refused`, each as an item of its own. */
function eachRefused({ topic, reason, also }: RefusedTopic): RefusedTopic[] {
  return [topic, ...isStrings(also) ? also : []].map((topic) => ({ topic, reason }));
}

function isRefused(value: unknown): value is readonly RefusedTopic[] {
  return isEach(value, (each) => {
    const { topic, reason } = members(each);
    return typeof topic === "string" && typeof reason === "string";
  });
}

function isIssues(value: unknown): value is readonly PayloadIssue[] {
  return isEach(value, (each) => {
    const { message, path = [] } = members(each);
    return typeof message === "string" && Array.isArray(path);
  });
}
