import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { jsonCodec as codec } from "../../../adapters/_wire/json_codec.ts";

Deno.test("an envelope crosses with its three members, in bytes of UTF-8", () => {
  const more = { type: "n", id: "é🎈", payload: [1], extra: "stays" };
  assertEquals(codec.encode(more, false), {
    type: "n",
    id: "é🎈",
    body: '{"type":"n","id":"é🎈","payload":[1]}',
    bytes: 40,
    control: false,
  });
  assertEquals(codec.encode({ type: "n", id: "1", payload: undefined }, true), {
    type: "n",
    id: "1",
    body: '{"type":"n","id":"1"}',
    bytes: 21,
    control: true,
  });
});

Deno.test("a payload that JSON cannot represent cannot be encoded", () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);
  const hostile = {
    toJSON() {
      throw new RangeError("mine");
    },
  };
  for (const payload of [() => {}, Symbol("s"), 5n, cycle, [5n], hostile]) {
    assertThrows(() => codec.encode({ type: "n", id: "1", payload }, false));
  }
  // Inside of a value JSON has its own rules.
  assertEquals(
    codec.encode({ type: "n", id: "1", payload: [() => {}, Symbol("s")] }, false).body,
    '{"type":"n","id":"1","payload":[null,null]}',
  );
});

Deno.test("one envelope is a frame by itself, and several are an array in order", () => {
  const [a, b] = ["a", "b"].map((id) => codec.encode({ type: "n", id, payload: undefined }, false));
  assert(a !== undefined && b !== undefined);
  assertStrictEquals(codec.encodeFrame([a]), a.body);
  assertEquals(codec.encodeFrame([a, b]), `[${a.body},${b.body}]`);
  assertEquals(codec.encodeFrame([b, a]), `[${b.body},${a.body}]`);
});

Deno.test("a frame holds the envelopes that are given, however similar the last frame was", () => {
  const all = ["a", "b", "c", "d"].map((id) => codec.encode({ type: "n", id, payload: undefined }, false));
  for (const [from, to] of [[0, 3], [1, 4], [0, 4], [0, 3], [0, 2], [0, 3]] as const) {
    const some = all.slice(from, to);
    assertEquals(JSON.parse(codec.encodeFrame(some)), some.map(({ body }) => JSON.parse(String(body))));
  }
  // The last one is another in the middle only.
  const [a, b, c, d] = all;
  assert(a !== undefined && b !== undefined && c !== undefined && d !== undefined);
  codec.encodeFrame([a, b, d]);
  assertEquals(codec.encodeFrame([a, c, d]), `[${a.body},${c.body},${d.body}]`);
});

Deno.test("data that is not text cannot be decoded, and neither can text that is not JSON", () => {
  for (const data of [new ArrayBuffer(2), new Blob(["{}"]), undefined, 5, new Uint8Array([123, 125])]) {
    assertThrows(() => codec.decode(data), TypeError, "must be text");
  }
  for (const data of ["", "{", "undefined", "[1,]", "\u0000"]) {
    assertThrows(() => codec.decode(data), SyntaxError);
  }
});

Deno.test("text is larger than a number of bytes if its UTF-8 is", () => {
  assertEquals([codec.isLargerThan("é".repeat(50), 100), codec.isLargerThan("é".repeat(50), 99)], [
    false,
    true,
  ]);
  assertEquals([codec.isLargerThan("x".repeat(100), 100), codec.isLargerThan("x".repeat(101), 100)], [
    false,
    true,
  ]);
  assertEquals([codec.isLargerThan("", 0), codec.isLargerThan("x", 0)], [false, true]);
});

Deno.test("binary data is larger than a number of bytes if its length is", () => {
  for (const data of [new ArrayBuffer(100), new Uint8Array(100), new Blob(["x".repeat(100)])]) {
    assertEquals([codec.isLargerThan(data, 100), codec.isLargerThan(data, 99)], [false, true]);
  }
});

Deno.test("the events of a run of one topic are encoded as each of them alone", () => {
  const payloads = [
    { n: 1 },
    undefined,
    null,
    "é\u2028\ud800",
    [1, undefined, { toJSON: () => undefined }],
    { toJSON: () => undefined },
    { toJSON: (key: string) => `under ${key}` },
    new Date(0),
    { "ключ": "значение" },
    0,
  ];
  for (
    const [type, id] of [["a", "b"], ['ü"', '\\"\n'], ["日本", "", "x"], ["payload", "payload"]] as const
  ) {
    for (const payload of [...payloads, ...payloads]) {
      const alone = JSON.stringify({ type, id, payload });
      const { body, bytes } = codec.encode({ type, id, payload }, false);
      assertEquals([body, bytes], [alone, new TextEncoder().encode(alone).length]);
    }
  }
});

Deno.test("an event that cannot be encoded within a run changes nothing for those after it", () => {
  for (const payload of [1, 2, 3, 4n, 5, () => {}, 6]) {
    const envelope = { type: "run", id: "1", payload };
    if (typeof payload === "number") {
      assertEquals(codec.encode(envelope, false).body, JSON.stringify(envelope));
    } else assertThrows(() => codec.encode(envelope, false), TypeError);
  }
});

Deno.test("a payload is encoded once, whatever it publishes meanwhile", () => {
  const run = { type: "run", id: "1" };
  let calls = 0;
  const toJSON = () => {
    for (const n of [0, 1, 2, 3]) {
      const inner = { type: "inner", id: "2", payload: { n } };
      assertEquals(codec.encode(inner, false).body, JSON.stringify(inner));
    }
    return ++calls % 2 === 0 ? calls : undefined;
  };
  for (let n = 1; n <= 8; n++) {
    const expected = JSON.stringify({ ...run, payload: n % 2 === 0 ? n : undefined });
    assertEquals(codec.encode({ ...run, payload: { toJSON } }, false).body, expected);
    assertEquals(calls, n);
    codec.encode({ ...run, payload: n }, false);
  }
});
