import { assertCount } from "../arguments.ts";
import { describe } from "../describe.ts";
import { EVERY_TOPIC, type Topic } from "../topic.ts";

/** Checks the option `from`. Any text is a position: one of another history gets a gap. */
export function assertFrom({ type }: Topic, from: unknown): void {
  if (typeof from === "object" && from !== null && "last" in from) assertCount("from.last", from.last, 1);
  else if (typeof from !== "string" && !isLatest(from)) {
    throw new TypeError(
      `Cannot use ${
        describe(from)
      } as from: it must be "now", "start", "latest", { last }, { latest } or a position`,
    );
  }
  if (type !== EVERY_TOPIC || from === "now") return;
  throw new TypeError(`Cannot use "from" with all events: name an event type`);
}

function isLatest(from: unknown): boolean {
  return typeof from === "object" && from !== null && "latest" in from && typeof from.latest === "string";
}
