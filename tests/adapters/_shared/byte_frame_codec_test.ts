import { assertEquals, assertThrows } from "@std/assert";
import { byteFrameCodec as codec } from "../../../adapters/_shared/byte_frame_codec.ts";
import { FrameParser } from "../../../adapters/_shared/frame_parser.ts";

const envelope = (id: string, payload: unknown) => ({ type: "news", id, payload });

Deno.test("what is joined is parsed and decoded to the same envelopes", () => {
  const envelopes = [envelope("1", { text: "hé 🎈" }), envelope("2", null)];
  const encoded = envelopes.map((each) => codec.encode(each, false));
  const values: unknown[] = [];
  const parser = new FrameParser(1000);
  for (const frame of [codec.join(encoded), codec.join(encoded.slice(0, 1))]) {
    parser.parse(frame, (text) => {
      assertEquals(codec.exceeds(text, 1), false);
      return values.push(codec.decode(text)) > 0;
    });
  }
  assertEquals(values, [envelopes, envelopes[0]]);
});

Deno.test("the size of an envelope is that of its JSON, and what is no JSON cannot be encoded or decoded", () => {
  const encoded = codec.encode(envelope("é", 1), false);
  assertEquals(codec.join([encoded]).length, 4 + encoded.bytes);
  assertThrows(() => codec.encode(envelope("1", 1n), false), TypeError);
  assertThrows(() => codec.decode("{"), SyntaxError);
});
