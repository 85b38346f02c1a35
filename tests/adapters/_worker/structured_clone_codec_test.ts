import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  type ClonedEnvelope,
  createStructuredCloneCodec,
  type TransferOptions,
} from "../../../adapters/_worker/structured_clone_codec.ts";
import type { EncodeOptions } from "../../../adapters/_wire/codec.ts";
import { cloneBytes } from "../../../core/value_size.ts";
import type { EventEnvelope } from "../../../core/types.ts";

/** A codec whose encoded form can be looked into. */
function open(options: TransferOptions) {
  const codec = createStructuredCloneCodec(options);
  return {
    ...codec,
    encode: (envelope: EventEnvelope, control: boolean, sending?: EncodeOptions) =>
      codec.encode(envelope, control, sending) as ClonedEnvelope,
  };
}

const codec = open({});
const moving = open({
  transferables: ({ payload }) => (payload as { buffers?: ArrayBuffer[] } | undefined)?.buffers ?? [],
});
const later = { deferred: true, multicast: false };
const shared = { deferred: false, multicast: true };
const both = { deferred: true, multicast: true };

function event(payload: unknown): EventEnvelope {
  return { type: "n", id: "1", payload };
}

/** Two buffers with a byte each, and a payload that has them twice. */
function buffers() {
  const [a, b] = [new Uint8Array([1]).buffer, new Uint8Array([2]).buffer];
  return { a, b, payload: { buffers: [a, b], again: new Uint8Array(b) } };
}

Deno.test("an event is copied only if it can leave after this turn", () => {
  const payload = { n: 1 };
  for (const sending of [undefined, shared]) {
    const { body, immediate } = codec.encode(event(payload), false, sending);
    assertEquals([body.envelope.payload === payload, body.transfer, immediate], [true, [], false]);
  }
  for (const sending of [later, both]) {
    const { body, immediate } = codec.encode(event(payload), false, sending);
    assertEquals([body.envelope, body.envelope.payload === payload], [event(payload), false]);
    assertEquals([body.transfer, immediate], [[], false]);
  }
});

Deno.test("a transferable for one peer in this turn is transferred by the wire, at once", () => {
  const { a, b, payload } = buffers();
  const { body, immediate } = moving.encode(event(payload), false);
  assertEquals([body.envelope.payload === payload, immediate], [true, true]);
  assert(body.transfer[0] === a && body.transfer[1] === b && a.byteLength === 1);
});

Deno.test("a transferable that leaves later is transferred to a copy now, which still lists it", () => {
  const { a, b, payload } = buffers();
  const { body, immediate, bytes } = moving.encode(event(payload), false, later);
  assertEquals([a.byteLength, b.byteLength, immediate], [0, 0, false]);
  const copy = body.envelope.payload as typeof payload;
  assertEquals(copy, buffers().payload);
  assert(copy.buffers[0] === body.transfer[0] && copy.buffers[1] === body.transfer[1]);
  assert(copy.again.buffer === body.transfer[1]);
  assertEquals(bytes, moving.encode(event(buffers().payload), false).bytes);
});

Deno.test("a transferable for several peers is transferred to a copy, of which each peer gets its own", () => {
  for (const sending of [shared, both]) {
    const { a, payload } = buffers();
    const { body, immediate } = moving.encode(event(payload), false, sending);
    assertEquals([a.byteLength, body.envelope.payload, body.transfer], [0, buffers().payload, []]);
    assertEquals(immediate, false);
  }
});

Deno.test("a payload that cannot be copied or transferred throws, and so does an error of transferables()", () => {
  assertThrows(() => codec.encode(event(() => {}), false, later));
  const { a, payload } = buffers();
  structuredClone(a, { transfer: [a] });
  assertThrows(() => moving.encode(event(payload), false, shared));
  const failing = open({
    transferables() {
      throw new RangeError("thrown by the caller");
    },
  });
  assertThrows(() => failing.encode(event(1), false), RangeError, "thrown by the caller");
  assertEquals(failing.encode({ type: "__ping", id: "", payload: undefined }, true).control, true);
});

Deno.test("a frame has the size that its sender claims", () => {
  const frame = event(1);
  assertEquals(codec.isLargerThan({ frame, bytes: 100 }, 100), false);
  assertEquals(codec.isLargerThan({ frame, bytes: 101 }, 100), true);
  assert(codec.decode({ frame, bytes: 1 }) === frame);
  const encoded = [codec.encode(frame, false)];
  assert(codec.encodeFrame(encoded) === encoded);
});

Deno.test("the size of an event includes its type, its id and its payload", () => {
  const size = (type: string, id: string, payload: unknown) =>
    codec.encode({ type, id, payload }, false).bytes;
  const empty = size("n", "", null);
  assertEquals(size("news", "", null) - empty, 6);
  assertEquals(size("n", "four", null) - empty, 8);
  assertEquals(size("n", "", "four") - empty, 8);
});

Deno.test("every part of a payload counts, wherever it is, and once", () => {
  const large = new ArrayBuffer(1000);
  const holders: ((part: unknown) => unknown)[] = [
    (part) => part,
    (part) => [part],
    (part) => [, , part],
    (part) => [part, , 1],
    (part) => ({ nested: { part } }),
    (part) => new Map([[part, 1]]),
    (part) => new Map([[1, part]]),
    (part) => new Set([part]),
    (part) => new Error("e", { cause: part }),
  ];
  for (const hold of holders) {
    const without = cloneBytes(hold(null));
    assertEquals(cloneBytes(hold("x".repeat(1000))) - without, 2000);
    const added = cloneBytes(hold(large)) - without;
    assert(added >= 1000 && added < 1100, `${added} bytes`);
    const again = cloneBytes([hold(large), new Uint8Array(large, 1, 1), large]) - cloneBytes([hold(null)]);
    assert(again >= 1000 && again < 1200, `${again} bytes`);
  }
  assert(cloneBytes({ ["k".repeat(500)]: 1 }) >= 1000);
  assert(cloneBytes(2n ** 8000n) >= 1000);
  assert(cloneBytes(new RegExp("x".repeat(500))) >= 1000);
  assert(cloneBytes(new Error("x".repeat(500))) >= 1000);
  assert(cloneBytes(new SharedArrayBuffer(1000)) >= 1000);
  assert(cloneBytes(new Uint8Array(large, 1, 1)) >= 1000);
  assert(cloneBytes({ view: new DataView(large, 1, 1) }) >= 1000);
});

Deno.test("an array counts eight bytes for each number, and nothing for holes", () => {
  assertEquals(cloneBytes(Array(10_000).fill(1)) - cloneBytes([]), 80_000);
  const sparse: unknown[] = [1];
  sparse[2 ** 32 - 2] = "x".repeat(100);
  const bytes = cloneBytes(sparse);
  assert(bytes >= 200 && bytes < 400, `${bytes} bytes`);
});

Deno.test("cycles and depth count no more than their parts", () => {
  const cycle: Record<string, unknown> = {};
  cycle["self"] = { cycle };
  assert(cloneBytes(cycle) < 200);
  let deep: unknown[] = [];
  for (let i = 0; i < 100_000; i++) deep = [deep];
  assertEquals(cloneBytes(deep), 100_001 * cloneBytes([]));
});

Deno.test("every string and key of JSON counts at least two bytes a character", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    let characters = 0;
    JSON.stringify(value, function (this: unknown, key, part: unknown) {
      if (!Array.isArray(this)) characters += key.length;
      if (typeof part === "string") characters += part.length;
      return part;
    });
    assert(cloneBytes(value) >= 2 * characters);
  }));
});
