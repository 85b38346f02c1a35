import type { EventEnvelope } from "@alkdev/pubsub";

/** A topic that is written as it is. Other topics are written as JSON strings. */
const PLAIN_TOPIC = /^[^\s"{\p{Cc}][^\s\p{Cc}]*$/u;

const LINE = /^\s*("(?:[^"\\]|\\.)*"|[^\s"{]\S*)\s*(.*)$/su;

/** Characters that JSON does not escape, but that control a terminal or break a line. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}]/gu;

/** Formats an event as one line, such as `session.status:proj_123 {"state":"running"}`. */
export function formatEvent({ type, id, payload }: EventEnvelope): string {
  const name = `${type}:${id}`;
  const topic = PLAIN_TOPIC.test(name) ? name : JSON.stringify(name);
  return escapeUnprintable(payload === undefined ? topic : `${topic} ${JSON.stringify(payload)}`);
}

/** Parses a line of {@linkcode formatEvent}. Without JSON, the event has no payload. Throws a `SyntaxError`. */
export function parseEvent(line: string): EventEnvelope {
  const [, name = "", json = ""] = LINE.exec(line) ?? [];
  const topic = name.startsWith('"') ? String(JSON.parse(name)) : name;
  const at = topic.indexOf(":");
  if (at < 0) throw new SyntaxError("The line does not start with a topic such as type:id");
  const payload: unknown = json === "" ? undefined : JSON.parse(json);
  return { type: topic.slice(0, at), id: topic.slice(at + 1), payload };
}

/** Escapes the characters of JSON text that control a terminal. */
export function escapeUnprintable(json: string): string {
  return json.replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
