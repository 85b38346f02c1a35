import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { deflateRawSync } from "node:zlib";
import { deflate, inflate } from "../../../adapters/_iroh/deflate.ts";
import { randomFrom } from "../../../scripts/lib/random.ts";

const MIB = 1024 * 1024;
const bytesOf = (text: string) => new TextEncoder().encode(text);

/** A frame that is deflated by hand. */
function deflated(body: Uint8Array): Uint8Array {
  const data = deflateRawSync(body);
  const frame = new Uint8Array(1 + data.length);
  frame.set(data, 1);
  return frame;
}

/** Bytes of which nothing can be left out. */
function noise(length: number): Uint8Array {
  const random = randomFrom(length);
  return Uint8Array.from({ length }, () => 1 + Math.floor(random() * 255));
}

const alike = (count: number) =>
  JSON.stringify(Array.from({ length: count }, (_, n) => ({ type: "news", id: "1", payload: { n } })));

Deno.test("a deflated batch is much smaller, starts with a zero byte, and is restored exactly", () => {
  const body = bytesOf(alike(512));
  const small = deflate(body);
  assertEquals([small[0], small.length * 5 < body.length], [0, true], `${small.length} of ${body.length}`);
  assertEquals(new Uint8Array(inflate(small, body.length)), body);
});

Deno.test("any JSON is restored exactly, and is never larger deflated", () => {
  fc.assert(fc.property(fc.jsonValue(), fc.nat(400), (value, times) => {
    const body = bytesOf(JSON.stringify(Array.from({ length: times }, () => value)));
    const small = deflate(body);
    assert(small.length <= body.length);
    assertEquals(new Uint8Array(inflate(small, body.length)), body);
  }));
});

Deno.test("a frame that is small, or would not shrink, is left unchanged", () => {
  for (const body of [bytesOf("[]"), bytesOf(alike(7).slice(0, 255)), noise(50_000)]) {
    assertStrictEquals(deflate(body), body);
    assertStrictEquals(inflate(body, MIB), body);
  }
  assertEquals(deflate(bytesOf(alike(7).slice(0, 256)))[0], 0);
});

Deno.test("a frame that would shrink to less than a 64th is left unchanged, since it would be refused", () => {
  const body = new Uint8Array(100_000).fill(32);
  assertStrictEquals(deflate(body), body);
  const small = deflated(body);
  assert(small.length * 64 < body.length);
  assertThrows(() => inflate(small, MIB), Error, "larger than");
  // At the bound: as many spaces as 64 times what they take.
  let most = 256;
  while (deflated(new Uint8Array(most + 1).fill(32)).length * 64 >= most + 1) most++;
  assertEquals(inflate(deflated(new Uint8Array(most).fill(32)), MIB).length, most);
});

Deno.test("a frame can inflate to exactly the limit", () => {
  const body = bytesOf(alike(100));
  const small = deflated(body);
  for (const most of [body.length, body.length + 0.5, MIB, Infinity]) {
    assertEquals(inflate(small, most).length, body.length);
  }
  for (const most of [body.length - 1, 1]) {
    assertThrows(() => inflate(small, most), Error, "larger than");
  }
});

Deno.test("a frame that is falsely marked as deflated throws, and so does a torn one", () => {
  const whole = deflated(bytesOf(alike(100)));
  for (const body of [Uint8Array.of(0), Uint8Array.of(0, 0xff, 1, 2), whole.subarray(0, -1)]) {
    assertThrows(() => inflate(body, MIB), Error);
  }
});
