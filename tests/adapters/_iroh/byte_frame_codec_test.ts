import { assertEquals, assertThrows } from "@std/assert";
import { createByteFrameCodec, FrameParser } from "../../../adapters/_iroh/byte_frames.ts";

const codec = createByteFrameCodec(true);
const envelope = (id: string, payload: unknown) => ({ type: "news", id, payload });

Deno.test("an encoded frame is parsed and decoded to the same envelopes", () => {
  const envelopes = [envelope("1", { text: "hé 🎈" }), envelope("2", null)];
  const encoded = envelopes.map((each) => codec.encode(each, false));
  const values: unknown[] = [];
  const parser = new FrameParser(1000);
  for (const frame of [codec.encodeFrame(encoded), codec.encodeFrame(encoded.slice(0, 1))]) {
    parser.parse(frame, (text) => {
      assertEquals(codec.isLargerThan(text, 1), false);
      return values.push(codec.decode(text)) > 0;
    });
  }
  assertEquals(values, [envelopes, envelopes[0]]);
});

Deno.test("a frame is deflated for a peer that accepts deflated frames", () => {
  const envelopes = Array.from({ length: 50 }, (_, n) => codec.encode(envelope("1", n), false));
  const [plain, small] = [codec.encodeFrame(envelopes), codec.encodeFrame(envelopes, true)];
  assertEquals([plain[4], small[4], small.length < plain.length], [0x5b, 0, true]);
  const texts: string[] = [];
  for (const frame of [plain, small]) {
    new FrameParser(10_000).parse(frame, (text) => texts.push(text) > 0);
  }
  assertEquals([texts[0], texts.length], [texts[1], 2]);
  assertEquals([codec.deflates, createByteFrameCodec(false).deflates], [true, false]);
});

Deno.test("the size of an envelope is that of its JSON, and other values can be neither encoded nor decoded", () => {
  const encoded = codec.encode(envelope("é", 1), false);
  assertEquals(codec.encodeFrame([encoded]).length, 4 + encoded.bytes);
  assertThrows(() => codec.encode(envelope("1", 1n), false), TypeError);
  assertThrows(() => codec.decode("{"), SyntaxError);
});
