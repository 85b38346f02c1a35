import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { deflateRawSync } from "node:zlib";
import { byteFrame, FrameParser, type OwnEnd } from "../../../adapters/_iroh/byte_frames.ts";
import { processorMs } from "../../support/processor_time.ts";

const TEXTS = ["{}", "a", "hé 🎈", "\ufeff", "x".repeat(300), "y".repeat(70_000), "z"];

/** A stream of frames. */
function streamOf(...bodies: (string | readonly number[])[]): number[] {
  return bodies.flatMap((body) => [
    ...byteFrame(typeof body === "string" ? new TextEncoder().encode(body) : Uint8Array.from(body)),
  ]);
}

/** Parses chunks until something is wrong. */
function parse(
  chunks: readonly (readonly number[])[],
  maxFrameBytes = 1024 * 1024,
): { texts: string[]; fault: OwnEnd | undefined; endFault: OwnEnd | undefined } {
  const parser = new FrameParser(maxFrameBytes);
  const texts: string[] = [];
  let fault: OwnEnd | undefined;
  for (const chunk of chunks) {
    fault ??= parser.parse(chunk, (text) => {
      texts.push(text);
      return true;
    });
  }
  return { texts, fault, endFault: parser.endFault() };
}

const fine = (texts: string[]) => ({ texts, fault: undefined, endFault: undefined });
const counted = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** Fails unless the texts are those that the bytes say, up to a frame that is deflated, or claims to be. */
function assertPlainTexts(texts: readonly string[], bytes: readonly number[]): void {
  let at = 0;
  for (const text of texts) {
    if (bytes[at + 4] === 0) return;
    const frame = streamOf(text);
    assertEquals(bytes.slice(at, at += frame.length), frame);
  }
}

const torn = { code: 1006, reason: "a frame that was torn by the end of the stream" };

Deno.test("a length is four bytes, big-endian, and counts the bytes of UTF-8", () => {
  assertEquals(streamOf("é"), [0, 0, 0, 2, 0xc3, 0xa9]);
  assertEquals([...byteFrame(new Uint8Array(0x010203))].slice(0, 4), [0, 1, 2, 3]);
});

Deno.test("frames are the same wherever a stream is cut in two, and byte by byte", () => {
  const texts = ["{}", "a", "hé 🎈", "\ufeff", "x".repeat(300), "z"];
  const stream = streamOf(...texts);
  for (let at = 0; at <= stream.length; at++) {
    assertEquals(parse([stream.slice(0, at), stream.slice(at)]), fine(texts), `at ${at}`);
  }
  assertEquals(parse(stream.map((byte) => [byte])), fine(texts));
});

Deno.test("frames are the same whatever the chunks of a stream", () => {
  const stream = streamOf(...TEXTS);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 40_000 })), (sizes) => {
      const chunks: number[][] = [];
      let at = 0;
      for (const size of sizes) chunks.push(stream.slice(at, at += size));
      chunks.push(stream.slice(at));
      assertEquals(parse(chunks), fine(TEXTS));
    }),
    { numRuns: 50 },
  );
});

Deno.test("any text crosses unchanged", () => {
  fc.assert(fc.property(fc.array(fc.string({ unit: "grapheme", minLength: 1 })), (texts) => {
    const wellFormed = texts.map((text) => text.toWellFormed());
    assertEquals(parse([streamOf(...wellFormed)]), fine(wellFormed));
  }));
});

Deno.test("a stream that ends anywhere but between frames tears one", () => {
  const texts = ["{}", "abc"];
  const stream = streamOf(...texts);
  const boundaries = [0, 6, 13];
  for (let end = 0; end <= stream.length; end++) {
    const { endFault, fault, texts: whole } = parse([stream.slice(0, end)]);
    assertEquals(endFault, boundaries.includes(end) ? undefined : torn, `after ${end} bytes`);
    assertEquals([fault, whole], [undefined, texts.slice(0, end < 6 ? 0 : end < 13 ? 1 : 2)]);
  }
});

Deno.test("a frame can have exactly the limit, and is refused by its length alone beyond it", () => {
  const tooLarge = { code: 1009, reason: "a frame of more than 1000 bytes" };
  assertEquals(parse([streamOf("x".repeat(1000))], 1000).texts, ["x".repeat(1000)]);
  for (const length of [[0, 0, 3, 0xe9], [0, 1, 0, 0], [0x80, 0, 0, 0], [0xff, 0xff, 0xff, 0xff]]) {
    const { texts, fault } = parse([[...streamOf("before"), ...length]], 1000);
    assertEquals([texts, fault], [["before"], tooLarge]);
  }
  // The bytes count, not the characters.
  assertEquals(parse([streamOf("é".repeat(501))], 1000).fault, tooLarge);
});

Deno.test("an announced frame takes no memory before it arrives", () => {
  const parser = new FrameParser(Infinity);
  const before = Deno.memoryUsage().external;
  // Four gigabytes, of which ten bytes come.
  assertEquals(parser.parse([0xff, 0xff, 0xff, 0xff, ...Array(10).fill(120)], () => false), undefined);
  const taken = Deno.memoryUsage().external - before;
  assert(taken < 300_000, `${taken} bytes were taken`);
  assertEquals(parser.endFault(), torn);
});

Deno.test("a frame of no bytes is a fault, and the frames before it count", () => {
  const { texts, fault } = parse([[...streamOf("a"), 0, 0, 0, 0, ...streamOf("b")]]);
  assertEquals([texts, fault], [["a"], { code: 1002, reason: "a frame of no bytes" }]);
});

Deno.test("a frame that is not UTF-8 is a fault, and the frames before it count", () => {
  const invalid = [
    [0xff],
    [0x80],
    [0xc3],
    [0xc3, 0x28],
    [0xc0, 0x80],
    [0xed, 0xa0, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0x61, 0xe2, 0x82],
  ];
  for (const body of invalid) {
    const { texts, fault } = parse([streamOf("a", body, "b")]);
    assertEquals([texts, fault], [["a"], { code: 1007, reason: "a frame that is not UTF-8" }], String(body));
  }
});

Deno.test("a deflated frame is restored, and is a fault if it cannot be inflated within the bounds", () => {
  const json = JSON.stringify(counted(1000));
  const deflated = [0, ...deflateRawSync(json)];
  assertEquals(parse([streamOf("a", deflated, "b")], json.length).texts, ["a", json, "b"]);
  const reason = "a frame that cannot be inflated";
  for (const body of [[0], [0, 0xff, 1], deflated.slice(0, -1), deflated]) {
    const { texts, fault } = parse([streamOf("a", body, "b")], json.length - 1);
    assertEquals([texts, fault], [["a"], { code: 1007, reason }]);
  }
  const { fault } = parse([streamOf([0, ...deflateRawSync(Uint8Array.of(0x22, 0xff, 0x22))])]);
  assertEquals(fault, { code: 1007, reason: "a frame that is not UTF-8" });
});

Deno.test("nothing more is parsed once onFrame says stop", () => {
  const texts: string[] = [];
  new FrameParser(1000).parse(streamOf("a", "b", [0xff]), (text) => {
    texts.push(text);
    return text !== "b";
  });
  assertEquals(texts, ["a", "b"]);
});

Deno.test("no bytes make the parser throw, and every text is that of its bytes", () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.nat(20), (chunks, maxFrameBytes) => {
    const { texts } = parse(chunks.map((chunk) => [...chunk]), maxFrameBytes);
    assertPlainTexts(texts, chunks.flatMap((chunk) => [...chunk]));
  }));
  // Lengths that are mostly small, so that there are frames.
  const stream = fc.array(fc.oneof(fc.constant(0), fc.nat(4), fc.nat(255)), { maxLength: 200 });
  fc.assert(fc.property(stream, (bytes) => {
    assertPlainTexts(parse([bytes], 20).texts, bytes);
  }));
});

Deno.test("a large frame that arrives in small pieces is not copied with each of them", () => {
  const parser = new FrameParser(Infinity);
  const piece = new Array<number>(1024).fill(120);
  parser.parse([0x02, 0, 0, 0], () => true);
  const start = processorMs();
  let length = 0;
  // 32 MiB. With each piece that would be half a terabyte.
  for (let n = 0; n < 32 * 1024; n++) {
    parser.parse(piece, (text) => (length = text.length) > 0);
  }
  assertEquals(length, 32 * 1024 * 1024);
  const ms = processorMs() - start;
  assert(ms < 5000, `it took ${ms} ms`);
});

Deno.test("the memory of a large frame is released after it", () => {
  const large = streamOf("x".repeat(1_000_000));
  const before = Deno.memoryUsage().external;
  const parsers = Array.from({ length: 200 }, () => new FrameParser(1_000_000));
  for (const parser of parsers) assertEquals(parser.parse(large, () => true), undefined);
  // Garbage that is not collected yet counts too.
  const kept = Deno.memoryUsage().external - before;
  assert(kept < 150_000_000, `${kept} bytes are kept by ${parsers.length} parsers`);
});
