import type { Control } from "./controls.ts";
import { isStrings, type Members, readBye, readHello, TOPICS_FAULT } from "./frame.ts";

/** Reads what a spoke sends. */
export function readFromSpoke(kind: string, ref: string, payload: Members): Control | string | undefined {
  const { topics, since, replay } = payload;
  switch (kind as Control["kind"]) {
    case "hello":
      return readSpokeHello(payload);
    case "subscribe":
      if (!isStrings(topics)) return TOPICS_FAULT;
      return { kind: "subscribe", ref, topics, ...(since !== undefined && { since }) };
    case "unsubscribe":
      if (typeof replay === "string") {
        return { kind: "unsubscribe", ref, topics: isStrings(topics) ? topics : [], replay };
      }
      return isStrings(topics) ? { kind: "unsubscribe", ref, topics } : TOPICS_FAULT;
    case "bye":
      return readBye(payload);
    case "subscribed":
    case "revoked":
    case "gap":
    case "upstream":
    case "rejected":
      return { kind: "misdirected", name: kind };
  }
  return undefined;
}

function readSpokeHello(payload: Members): Control | string {
  const { echo, rejections, link, credentials } = payload;
  const control = readHello(payload, {
    ...(typeof echo === "boolean" && { echo }),
    ...(rejections === true && { rejections }),
  });
  if (typeof control === "string" || (link ?? credentials) === undefined) return control;
  return { ...control, who: payload };
}
