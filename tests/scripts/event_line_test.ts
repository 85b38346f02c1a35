import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { formatEvent, parseEvent } from "../../scripts/tools/event_line.ts";

Deno.test("an event is one line that starts with its topic", () => {
  const event = { type: "session.status", id: "proj:1", payload: { state: "running" } };
  assertEquals(formatEvent(event), 'session.status:proj:1 {"state":"running"}');
  assertEquals(parseEvent('  session.status:proj:1   {"state":"running"} '), event);
});

Deno.test("a line without JSON is an event without a payload", () => {
  assertEquals(parseEvent("a:1"), { type: "a", id: "1", payload: undefined });
  assertEquals(formatEvent({ type: "a", id: "1", payload: undefined }), "a:1");
});

Deno.test("every event can be read back from its line, which has no line break and no control character", () => {
  const texts = [
    "",
    " ",
    "a b",
    '"',
    '"a"',
    "\\",
    "{",
    "a\nb",
    "\r",
    "\x1b[2J",
    "\x9b2J",
    "\u2028",
    "\u{1f600}",
    "é",
  ];
  for (const type of texts.filter((text) => text !== "")) {
    for (const text of texts) {
      const event = { type, id: text, payload: { [text]: [text, null, 1.5] } };
      const line = formatEvent(event);
      assertMatch(line, /^[^\p{Cc}\p{Zl}\p{Zp}]+$/u);
      assertEquals(parseEvent(line), event);
    }
  }
});

Deno.test("a line without an id or with torn JSON is not an event", () => {
  for (const line of ["", "a", '{"type":"a"}', "a:1 {", 'a:1 "', '"a:1', "a:1 1 2"]) {
    assertThrows(() => parseEvent(line), SyntaxError);
  }
});
