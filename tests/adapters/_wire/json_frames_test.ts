import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { JsonFrames } from "../../../adapters/_wire/json_frames.ts";

const HEAD = '{"type":"t","id":"1","payload":';
const EVENT = `${HEAD}0}`;

/** More frames than there are between two looks for a run. */
const SOME = 20;

/** Frames after events of one topic. */
function framesInRun(): JsonFrames {
  const frames = new JsonFrames();
  for (let i = 0; i < SOME; i++) frames.parse(EVENT);
  return frames;
}

/** The texts that are given to `JSON.parse()` meanwhile. */
function textsParsedBy(act: () => void): string[] {
  const { parse } = JSON;
  const texts: string[] = [];
  JSON.parse = (text) => {
    texts.push(text);
    return parse(text);
  };
  try {
    act();
  } finally {
    JSON.parse = parse;
  }
  return texts;
}

/** What a function returns, or `undefined` if it throws: JSON has no such value. */
function resultOf(parse: () => unknown): unknown {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function assertParsedAsJson(text: string): void {
  assertEquals(resultOf(() => framesInRun().parse(text)), resultOf(() => JSON.parse(text)), text);
}

Deno.test("a frame of the topic of the frame before is parsed as JSON.parse() does", () => {
  for (
    const text of [
      EVENT,
      `[${EVENT}]`,
      `[${EVENT},${EVENT}]`,
      `${HEAD} {"a":[1,{}]} }`,
      `${HEAD}{"__proto__":1}}`,
      // Other members, also the same ones again.
      `${HEAD}0,"via":["x"]}`,
      `${HEAD}0,"payload":1}`,
      `${HEAD}0,"type":"u","id":"2"}`,
      `[${EVENT},${HEAD}0,"at":"x"},${EVENT}]`,
      // Other topics.
      `[${EVENT},{"type":"u","id":"1","payload":0},${EVENT}]`,
      `[${EVENT},0]`,
      // The same topic inside of a payload.
      `${HEAD}${EVENT}}`,
      `${HEAD}[{"a":1},${EVENT}]}`,
      `[${EVENT},${HEAD}[${EVENT},${EVENT}]}]`,
      `${HEAD}${JSON.stringify(`},${HEAD}`)}}`,
      `[${HEAD}${JSON.stringify(`[${EVENT},${EVENT}]`)}},${EVENT}]`,
    ]
  ) {
    assertEquals(typeof JSON.parse(text), "object");
    assertParsedAsJson(text);
  }
});

Deno.test("a frame that only looks like one of the same topic is refused as JSON.parse() does", () => {
  for (
    const text of [
      HEAD,
      `${HEAD}}`,
      `[${HEAD}`,
      `[${HEAD}}]`,
      `${EVENT}}`,
      `[${EVENT}`,
      `[${EVENT}}`,
      `[${EVENT}x`,
      `${EVENT}]`,
      `[${EVENT},]`,
      `[${EVENT}${EVENT}]`,
      `${HEAD}0,1}`,
      `[${HEAD}0,1},${EVENT}]`,
      `[${HEAD}{"a":1},${HEAD}"b":2}}]`,
      `[${HEAD}[1},${HEAD}2]}]`,
      `${EVENT},${EVENT}`,
    ]
  ) {
    assertThrows(() => JSON.parse(text), SyntaxError);
    assertThrows(() => framesInRun().parse(text), SyntaxError);
  }
});

Deno.test("whatever a frame is made of, it is parsed as JSON.parse() does", () => {
  const part = fc.oneof(
    fc.constantFrom(HEAD, EVENT, `},${HEAD}`, "{", "}", "[", "]", ",", '"', "\\", '"at":', "0", "null", " "),
    fc.json(),
  );
  const parts = fc.array(part, { maxLength: 8 });
  fc.assert(
    fc.property(parts, fc.boolean(), (some, isBatch) => {
      const text = some.join("");
      assertParsedAsJson(text);
      assertParsedAsJson(isBatch ? `[${HEAD}${text}}]` : `${HEAD}${text}}`);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("payloads alone are parsed, until a frame has more than the topic and the payload", () => {
  const frames = framesInRun();
  const odd = `${HEAD}1,"via":[]}`;
  const parsed = (text: string): string[] => textsParsedBy(() => frames.parse(text));
  assertEquals(parsed(EVENT), ["0"]);
  assertEquals(parsed(`[${HEAD}[]},${HEAD}{}}]`), ["[]", "{}"]);
  assertEquals(parsed(odd), ['1,"via":[]', odd]);
  // Each attempt that fails costs an error, so only one of a thousand frames is one.
  for (let i = 0; i < 1001; i++) assertEquals(parsed(odd), [odd]);
  assertEquals(parsed(odd), ['1,"via":[]', odd]);
});

Deno.test("another topic ends a run, and begins one of its own", () => {
  const frames = framesInRun();
  const other = '{"type":"t","id":"2","payload":1}';
  const parsed = (text: string): string[] => textsParsedBy(() => frames.parse(text));
  assertEquals(parsed(other), [other]);
  assertEquals(parsed(EVENT), [EVENT]);
  for (let i = 0; i < 2 * SOME; i++) parsed(other);
  assertEquals(parsed(other), ["1"]);
});

Deno.test("topics in turn, topics that are too long, controls and other values are parsed in full", () => {
  const inTurn = Array.from({ length: 7 }, (_, i) => JSON.stringify({ type: "t", id: `${i}`, payload: 0 }));
  const long = JSON.stringify({ type: "t", id: "x".repeat(2000), payload: 0 });
  for (
    const texts of [inTurn, [long], ['{"type":"__ping","id":"1","payload":{}}'], ["[]"], ["null"], ["0"]]
  ) {
    const frames = new JsonFrames();
    const sent = Array.from({ length: 100 }, (_, i) => texts[i % texts.length] ?? "");
    const parsed = textsParsedBy(() =>
      sent.forEach((text) => assertEquals(frames.parse(text), JSON.parse(text)))
    );
    assertEquals(parsed.filter((text) => !sent.includes(text)), []);
  }
});
