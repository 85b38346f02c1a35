import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type Control,
  controlEnvelope,
  FrameFaults,
  readControl,
  readEvent,
} from "../../../adapters/_wire/frame.ts";
import { readFromHub } from "../../../adapters/_wire/from_hub.ts";
import { readFromSpoke } from "../../../adapters/_wire/from_spoke.ts";
import { jsonCodec as codec } from "../../../adapters/_wire/json_codec.ts";
import type { EventEnvelope } from "../../../core/types.ts";
import { type Via, viaIn } from "../../../core/via.ts";

type Incoming = { kind: "event"; envelope: EventEnvelope; via: Via | undefined } | Control;

/** Reads what either side sends. */
function readAny(value: unknown): Control | string | undefined {
  const control = readControl(value, readFromHub);
  const isOfSpoke = typeof control === "object" && control.kind === "misdirected";
  return isOfSpoke ? readControl(value, readFromSpoke) : control;
}

/** Reads a frame to its events and controls, and to the message of its faults. */
function read(frame: unknown): { incoming: Incoming[]; fault: string | undefined } {
  const incoming: Incoming[] = [];
  const values: readonly unknown[] = Array.isArray(frame) ? frame : [frame];
  let faults: FrameFaults | undefined;
  for (const value of values) {
    const envelope = readEvent(value);
    if (envelope !== undefined) {
      incoming.push({ kind: "event", envelope, via: viaIn(value) });
      continue;
    }
    const control = readAny(value);
    if (typeof control === "string") (faults ??= new FrameFaults()).add(control, value);
    else if (control !== undefined) incoming.push(control);
  }
  return { incoming, fault: faults?.toError(values.length).message };
}

const aTopic = fc.string({ unit: "binary" });
const someRefused = fc.array(fc.record({ topic: aTopic, reason: fc.string() }));
const aControl: fc.Arbitrary<Control> = fc.oneof(
  fc.record({
    kind: fc.constant("hello" as const),
    hello: fc.record({
      version: fc.integer({ min: 1 }),
      batch: fc.boolean(),
      maxFrameBytes: fc.integer({ min: 1 }),
      deflate: fc.constant(true),
      heartbeatMs: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    }),
  }),
  fc.record({
    kind: fc.constantFrom("subscribe" as const, "unsubscribe" as const),
    ref: fc.string(),
    topics: fc.array(aTopic),
  }),
  fc.record({
    kind: fc.constant("subscribed" as const),
    ref: fc.string(),
    topics: fc.array(aTopic),
    refused: someRefused,
  }),
  fc.record({ kind: fc.constant("revoked" as const), refused: someRefused }),
  fc.record({ kind: fc.constant("gap" as const), topics: fc.array(aTopic) }),
  fc.record({ kind: fc.constantFrom("ping" as const, "pong" as const), ref: fc.string() }),
  fc.record({ kind: fc.constant("bye" as const), reason: fc.string() }),
);

const anEvent = fc.record({
  type: fc.string({ minLength: 1 }).filter((type) =>
    !type.includes(":") && !type.startsWith("__") && type !== "*"
  ),
  id: fc.string({ unit: "grapheme", maxLength: 50 }),
  payload: fc.jsonValue(),
});

Deno.test("controls and events cross as JSON and are read unchanged, in order", () => {
  fc.assert(fc.property(fc.array(fc.oneof(aControl, anEvent), { minLength: 1, maxLength: 8 }), (all) => {
    const encoded = all.map((each) =>
      codec.encode("kind" in each ? controlEnvelope(each) : each, "kind" in each)
    );
    const { incoming, fault } = read(codec.decode(codec.encodeFrame(encoded)));
    assertEquals(fault, undefined);
    // A value crosses as JSON does: -0 is 0.
    const expected = all.map((each) =>
      "kind" in each ? each : { kind: "event", envelope: each, via: undefined }
    );
    assertEquals(JSON.stringify(incoming), JSON.stringify(expected));
  }));
});

Deno.test("an end accepts deflated frames only if its hello says exactly true", () => {
  for (const deflate of [true, false, "yes", 1, null, undefined]) {
    const { incoming } = read({ type: "__hello", id: "", payload: { version: 1, batch: true, deflate } });
    const hello = { version: 1, batch: true, ...(deflate === true && { deflate }) };
    assertEquals(incoming, [{ kind: "hello", hello }]);
  }
});

Deno.test("a hello says how long its end waits for a sign of life, and anything but a time of a timer says nothing", () => {
  for (const heartbeatMs of [1, 25_000, 2 ** 31 - 1]) {
    const { incoming } = read({ type: "__hello", id: "", payload: { version: 1, heartbeatMs } });
    assertEquals(incoming, [{ kind: "hello", hello: { version: 1, batch: false, heartbeatMs } }]);
  }
  for (const heartbeatMs of [0, -1, 0.5, 2 ** 31, Infinity, NaN, "1000", null, {}, true]) {
    const { incoming, fault } = read({ type: "__hello", id: "", payload: { version: 1, heartbeatMs } });
    assertEquals([incoming, fault], [[{ kind: "hello", hello: { version: 1, batch: false } }], undefined]);
  }
});

Deno.test("a hello accepts any whole number from 1 as a bound, as large as JSON allows", () => {
  for (const maxFrameBytes of ["1", "9007199254740992", "18446744073709551615", "1e300"]) {
    const payload = JSON.parse(`{ "version": 1, "maxFrameBytes": ${maxFrameBytes} }`);
    const { incoming, fault } = read({ type: "__hello", id: "", payload });
    const hello = { version: 1, batch: false, maxFrameBytes: Number(maxFrameBytes) };
    assertEquals([incoming, fault], [[{ kind: "hello", hello }], undefined]);
  }
  for (const maxFrameBytes of [0, -1, 1.5, "1", null, Infinity, NaN]) {
    const { incoming, fault } = read({ type: "__hello", id: "", payload: { version: 1, maxFrameBytes } });
    assertEquals([incoming, fault?.startsWith("Cannot read a frame: maxFrameBytes is not a whole number")], [
      [],
      true,
    ]);
  }
});

Deno.test("the size of an encoded event is that of its UTF-8", () => {
  fc.assert(fc.property(anEvent, (event) => {
    const encoded = codec.encode(event, false);
    assertEquals(encoded.bytes, new TextEncoder().encode(String(encoded.body)).length);
    assert(!codec.isLargerThan(encoded.body, encoded.bytes));
    assert(codec.isLargerThan(encoded.body, encoded.bytes - 1));
  }));
});

Deno.test("no value makes the reader throw, and every event that it returns is well-formed", () => {
  const anything = fc.oneof(
    fc.anything(),
    fc.array(fc.anything()),
    fc.record({
      type: fc.oneof(fc.anything(), fc.constant("__subscribe")),
      id: fc.anything(),
      payload: fc.anything(),
    }),
  );
  fc.assert(
    fc.property(anything, (value) => {
      for (const each of read(value).incoming) {
        if (each.kind === "event") assertEquals(Object.keys(each.envelope), ["type", "id", "payload"]);
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("the first fault of a frame is reported with the number of faults, and the rest is read", () => {
  const { incoming, fault } = read([{ type: "a", id: "1" }, 5, { type: "b", id: "2", extra: true }, {
    type: "c",
  }]);
  assertEquals(incoming, [
    { kind: "event", envelope: { type: "a", id: "1", payload: undefined }, via: undefined },
    { kind: "event", envelope: { type: "b", id: "2", payload: undefined }, via: undefined },
  ]);
  assertEquals(fault, "Cannot read a frame: 2 of 4 envelopes, the first because it is not an object: 5");
});

Deno.test("a malformed hello is reported without the secrets in it", () => {
  const faults = new FrameFaults();
  const hello = { type: "__hello", id: "", payload: { version: 0, link: "secret", credentials: "token" } };
  faults.add(String(readControl(hello, readFromSpoke)), hello);
  assertEquals(
    faults.toError(1).message,
    'Cannot read a frame: the version is not a whole number from 1: "__hello"',
  );
});

Deno.test("topics that are refused together are read one by one, and an invalid member is ignored", () => {
  const refused = [
    { topic: "a", reason: "no", also: ["b", "c"] },
    { topic: "d", reason: "never", also: 5 },
    { topic: "e", reason: "" },
  ];
  const expected = [["a", "no"], ["b", "no"], ["c", "no"], ["d", "never"], ["e", ""]];
  const each = expected.map(([topic, reason]) => ({ topic, reason }));
  for (const type of ["__subscribed", "__revoked"]) {
    const control = readControl({ type, id: "1", payload: { topics: [], refused } }, readFromHub);
    assertEquals((control as { refused: unknown }).refused, each);
  }
});

Deno.test("a control of the wrong side is not read, and named", () => {
  for (const kind of ["subscribe", "unsubscribe"]) {
    const value = { type: `__${kind}`, id: "1", payload: { topics: ["a"] } };
    assertEquals(readControl(value, readFromHub), { kind: "misdirected", name: kind });
  }
  for (const kind of ["subscribed", "revoked", "gap", "upstream", "rejected"]) {
    const value = { type: `__${kind}`, id: "1", payload: {} };
    assertEquals(readControl(value, readFromSpoke), { kind: "misdirected", name: kind });
  }
});

Deno.test("the id of any known control is at most 1,024 bytes long", () => {
  for (
    const type of ["__subscribe", "__unsubscribe", "__ping", "__pong", "__hello", "__subscribed", "__bye"]
  ) {
    const payload = { topics: [], version: 1 };
    assertEquals(typeof readAny({ type, id: "é".repeat(512), payload }), "object");
    assertEquals(
      readAny({ type, id: `${"é".repeat(512)}x`, payload }),
      "the id of a control is longer than 1024 bytes",
    );
  }
});
