import type { EventEnvelope } from "@alkdev/pubsub";

/** A topic that can stand in a line as it is; any other is written as a JSON string. */
const PLAIN_TOPIC = /^[^\s"{\p{Cc}][^\s\p{Cc}]*$/u;

const LINE = /^\s*("(?:[^"\\]|\\.)*"|[^\s"{]\S*)\s*(.*)$/su;

/** What JSON leaves as it is, and a terminal would obey or break the line at. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}]/gu;

/** An event as one line, such as `session.status:proj_123 {"state":"running"}`. */
export function formatEvent({ type, id, payload }: EventEnvelope): string {
  const name = `${type}:${id}`;
  const topic = PLAIN_TOPIC.test(name) ? name : JSON.stringify(name);
  return escapeUnprintable(payload === undefined ? topic : `${topic} ${JSON.stringify(payload)}`);
}

/**
 * The event of a line that {@linkcode formatEvent} could have written. Without JSON, the event has no
 * payload.
 *
 * @throws {SyntaxError} If the line is none.
 */
export function parseEvent(line: string): EventEnvelope {
  const [, name = "", json = ""] = LINE.exec(line) ?? [];
  const topic = name.startsWith('"') ? String(JSON.parse(name)) : name;
  const at = topic.indexOf(":");
  if (at < 0) throw new SyntaxError("It does not start with a topic such as type:id");
  const payload: unknown = json === "" ? undefined : JSON.parse(json);
  return { type: topic.slice(0, at), id: topic.slice(at + 1), payload };
}

/** JSON text as it is, but for the characters that a terminal would obey. */
export function escapeUnprintable(json: string): string {
  return json.replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
