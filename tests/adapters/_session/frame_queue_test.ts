import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Batch, MAX_FRAME_ENVELOPES, type QueuedFrame } from "../../../adapters/_session/batch.ts";
import { FrameQueue, MAX_SHARED_FRAME_BYTES } from "../../../adapters/_session/frame_queue.ts";
import { HUB_PEER, type PeerPolicy, SPOKE_PEER } from "../../../adapters/_session/parts.ts";
import { PlainQueue } from "../../../adapters/_session/plain_queue.ts";
import type { EncodedEnvelope } from "../../../adapters/_wire/codec.ts";
import { jsonCodec as codec } from "../../../adapters/_wire/json_codec.ts";

const EMPTY_BYTES = codec.encode({ type: "n", id: "", payload: "" }, false).bytes;
const BATCHING: PeerPolicy = { ...HUB_PEER, assumedMaxFrameBytes: 1024 * 1024 };

/** An event with a number, whose envelope takes a number of bytes. */
function event(id: string | number, bytes = 50): EncodedEnvelope {
  const payload = "x".repeat(bytes - EMPTY_BYTES - String(id).length);
  const encoded = codec.encode({ type: "n", id: String(id), payload }, false);
  assertEquals(encoded.bytes, bytes);
  return encoded;
}

function control(id: string): EncodedEnvelope {
  return codec.encode({ type: "__ping", id, payload: undefined }, true);
}

function idsOf({ data }: QueuedFrame): string[] {
  return [JSON.parse(String(data))].flat().map(({ id }: { id: string }) => id);
}

/** Removes and returns all frames. */
function drain(queue: FrameQueue): QueuedFrame[] {
  const frames: QueuedFrame[] = [];
  for (let frame = queue.shift(); frame !== undefined; frame = queue.shift()) frames.push(frame);
  return frames;
}

/** What a queue counts. */
function countsOf({ size, events, bytes, cost }: PlainQueue): number[] {
  return [size, events, bytes, cost];
}

Deno.test("a queue counts envelopes, events and bytes, and is empty after the last frame", () => {
  const queue = new FrameQueue(codec, BATCHING);
  assertEquals([countsOf(queue), queue.shift()], [[0, 0, 0, 0], undefined]);
  const sent = [event(1, 100), control("a"), event(2, 30_000), event(3, 40_000), control("b")];
  for (const each of sent) queue.push(each);
  const bytes = sent.reduce((sum, each) => sum + each.bytes, 0);
  assertEquals(countsOf(queue), [5, 3, bytes, bytes]);
  const [first, second, ...others] = drain(queue);
  assert(first !== undefined && second !== undefined);
  assertEquals([idsOf(first), idsOf(second), others], [["1", "a", "2"], ["3", "b"], []]);
  assertEquals([first.size, first.events, second.size, second.events], [3, 2, 2, 1]);
  for (const frame of [first, second]) {
    assertEquals(frame.wireBytes, String(frame.data).length);
    assertEquals(frame.wireBytes, frame.bytes + frame.size + 1, "brackets and commas");
  }
  assertEquals(countsOf(queue), [0, 0, 0, 0]);
});

Deno.test("more than 64 frames that wait cost 1,024 bytes each beside their own", () => {
  const queue = new FrameQueue(codec, SPOKE_PEER);
  for (let i = 1; i <= 200; i++) {
    queue.push(event(i));
    // The last envelope is not a frame yet.
    assertEquals(queue.cost, 50 * i + 1024 * Math.max(0, i - 1 - 64));
  }
  for (let i = 199; i >= 0; i--) queue.shift();
  assertEquals(countsOf(queue), [0, 0, 0, 0]);
});

Deno.test("a frame is encoded once it is complete, and holds no envelopes if any peer can be sent it as it is", () => {
  const queue = new FrameQueue(codec, BATCHING);
  for (let i = 0; i < 3; i++) queue.push(event(i, 30_000));
  queue.push(control("a"));
  for (let i = 3; i < 5; i++) queue.push(event(i, 30_000));
  queue.push(event("large", 100_000));
  const frames = drain(queue);
  assertEquals(frames.map(idsOf), [["0", "1"], ["2", "a", "3"], ["4"], ["large"]]);
  assertEquals(frames.map(({ envelopes }) => envelopes?.length), [undefined, 3, 1, 1]);
});

Deno.test("the next frame is too large if it is one event over the limit, and never for a control", () => {
  const queue = new FrameQueue(codec, HUB_PEER);
  queue.push(event("fits", 65_536));
  assertEquals([queue.isNextTooLarge, queue.nextBytes >= 65_536], [false, true]);
  queue.push(event("large", 65_537));
  assertEquals(queue.isNextTooLarge, false);
  queue.shift();
  assertEquals(queue.isNextTooLarge, true);
  queue.clear();
  queue.push(control("x".repeat(70_000)));
  assertEquals(queue.isNextTooLarge, false);
});

Deno.test("events over the limit can be taken out, from between others, and the rest keeps its order", () => {
  const queue = new FrameQueue(codec, { ...BATCHING });
  const sizes = [100, 80_000, 30_000, 30_000, 30_000, 90_000, 65_536, 65_537, 70_000, 100];
  const sent = sizes.map((bytes, id) => event(id, bytes));
  for (const each of sent) queue.push(each);
  queue.push(control("x".repeat(100_000)));
  queue.applyHello({ version: 1, batch: true, maxFrameBytes: 70_000 });
  assertEquals(queue.takeTooLarge().map(({ id }) => id), ["1", "5"]);
  const left = sent.filter(({ bytes }) => bytes <= 70_000);
  assertEquals([queue.size, queue.events], [left.length + 1, left.length]);
  assertEquals(drain(queue).flatMap(idsOf), [...left.map(({ id }) => id), "x".repeat(100_000)]);
  assertEquals(countsOf(queue), [0, 0, 0, 0]);
});

Deno.test("a limit below 65,536 bytes is taken as that, and none as 1,048,576", () => {
  for (
    const [maxFrameBytes, limit] of [[1, 65_536], [65_535, 65_536], [65_537, 65_537], [
      undefined,
      1_048_576,
    ]] as const
  ) {
    const queue = new FrameQueue(codec, HUB_PEER);
    queue.applyHello({ version: 1, batch: true, ...(maxFrameBytes !== undefined && { maxFrameBytes }) });
    assertEquals(queue.maxFrameBytes, limit);
  }
});

Deno.test("another queue takes over the events, in order, and none of the controls", () => {
  const [before, after] = [new FrameQueue(codec, HUB_PEER), new FrameQueue(codec, HUB_PEER)];
  after.push(control("announce"));
  // Frames of events alone, of both, and the last one, which is not complete.
  for (let i = 0; i < 1200; i++) before.push(event(i));
  before.push(control("a"));
  for (let i = 1200; i < 1300; i++) before.push(event(i, 2000));
  before.push(control("b"));
  const { events } = before;
  after.takeFrom(before);
  assertEquals(countsOf(before), [0, 0, 0, 0]);
  assertEquals([after.size, after.events], [1301, events]);
  const frames = drain(after);
  assertEquals(frames.flatMap(idsOf), ["announce", ...Array.from({ length: 1300 }, (_, i) => `${i}`)]);
  assert(frames.every(({ wireBytes }) => wireBytes <= MAX_SHARED_FRAME_BYTES));
  assertEquals(countsOf(after), [0, 0, 0, 0]);
});

Deno.test("the frame of an envelope that does not wait changes nothing that does", () => {
  const queue = new FrameQueue(codec, BATCHING);
  queue.push(event(1));
  queue.push(event(2));
  assertEquals(idsOf(queue.frameOf(control("first"))), ["first"]);
  assertEquals([queue.size, drain(queue).map(idsOf)], [2, [["1", "2"]]]);
});

Deno.test("queues that are given the same envelopes hold the same frame", () => {
  const queues = Array.from({ length: 3 }, () => new FrameQueue(codec, BATCHING));
  const sent = Array.from({ length: 2000 }, (_, i) => event(i));
  for (const each of sent) for (const queue of queues) queue.push(each);
  const [first, ...others] = queues.map(drain);
  assert(first !== undefined && first.length === 4);
  for (const frames of others) {
    assertEquals(frames.length, first.length);
    for (const [i, frame] of frames.entries()) assertStrictEquals(frame, first[i]);
  }
});

Deno.test("equal queues hold the same frames, also while the peers of other queues read", () => {
  const queues = [1, 2, 3].map(() => new FrameQueue(codec, BATCHING));
  const [late = new FrameQueue(codec, BATCHING)] = queues.splice(2);
  const reads = new FrameQueue(codec, BATCHING);
  for (let i = 0; i < 30; i++) {
    const each = event(i, 20_000);
    reads.push(each);
    assertEquals(drain(reads).map(idsOf), [[`${i}`]]);
    for (const queue of queues) queue.push(each);
    // Its frames begin with other events.
    if (i > 0) late.push(each);
  }
  const [one = [], other = []] = queues.map(drain);
  assertEquals(one.flatMap(idsOf), Array.from({ length: 30 }, (_, i) => `${i}`));
  assertEquals([one.length, other.length], [10, 10]);
  one.forEach((frame, i) => assertStrictEquals(frame, other[i]));
  assertEquals(drain(late).flatMap(idsOf), one.flatMap(idsOf).slice(1));
});

/** Queues that all hold one event, and the batch that begins with it. */
function following(count: number, followers: number): { queues: FrameQueue[]; batch: Batch } {
  const queues = Array.from({ length: count }, () => new FrameQueue(codec, BATCHING));
  const first = event(0);
  for (const queue of queues) queue.push(first);
  // Cast: queues use this slot for the batch alone.
  const batch = first.batch as Batch;
  assertEquals(queues.slice(0, followers).map((queue) => queue.follow(batch)), Array(followers).fill(true));
  return { queues, batch };
}

Deno.test("a batch that grows for all queues that follow it is counted by each, and leaves as one frame", () => {
  const { queues: [one, other], batch } = following(2, 2);
  assert(one !== undefined && other !== undefined);
  for (let i = 1; i < 5; i++) assert(batch.append(event(i)));
  assertEquals(countsOf(one), [5, 5, 250, 250]);
  assertEquals(batch.append(event(5)), false, "what was counted does not grow");
  const [frame, ...more] = drain(one);
  assert(frame !== undefined);
  assertEquals([idsOf(frame), more], [["0", "1", "2", "3", "4"], []]);
  assertStrictEquals(drain(other)[0], frame);
  assertEquals([countsOf(one), countsOf(other)], [[0, 0, 0, 0], [0, 0, 0, 0]]);
});

Deno.test("a queue that is pushed something of its own shares no more than the events before", () => {
  const { queues: [one, other, holds], batch } = following(3, 2);
  assert(one !== undefined && other !== undefined && holds !== undefined);
  const second = event(1);
  assert(batch.append(second));
  holds.push(second);
  holds.push(event("of holds"));
  assert(batch.append(event(2)));
  one.push(event("of one"));
  assertEquals(batch.append(event(3)), false);
  assertEquals([one, other, holds].map((queue) => drain(queue).flatMap(idsOf)), [
    ["0", "1", "2", "of one"],
    ["0", "1", "2"],
    ["0", "1", "of holds"],
  ]);
});

Deno.test("a batch grows within the bounds of a frame, and for queues that hold exactly its first event", () => {
  const { queues: [one], batch } = following(1, 1);
  assert(one !== undefined);
  for (let i = 1; i < MAX_FRAME_ENVELOPES; i++) assert(batch.append(event(i)));
  assertEquals(batch.append(event("more")), false);
  const large = following(1, 1).batch;
  assert(large.append(event(1, MAX_SHARED_FRAME_BYTES - 50 - 3)));
  assertEquals(following(1, 1).batch.append(event(1, MAX_SHARED_FRAME_BYTES - 50 - 2)), false);
  const { queues: [late, bare = new FrameQueue(codec, SPOKE_PEER)], batch: other } = following(1, 0);
  const first = event(0);
  for (const queue of [late, bare]) queue?.push(first);
  assertEquals([late?.follow(other), bare.follow(first.batch as Batch)], [false, false]);
});

Deno.test("an event that the codec cannot encode is not counted any more, and its fault is thrown", () => {
  const failing = {
    ...codec,
    encodeFrame: (envelopes: readonly EncodedEnvelope[]) => {
      if (envelopes.some(({ id }) => id === "bad")) throw new TypeError("unencodable");
      return codec.encodeFrame(envelopes);
    },
  };
  const queue = new FrameQueue(failing, BATCHING);
  for (const id of ["1", "bad"]) queue.push(event(id));
  assertThrows(() => queue.shift(), TypeError, "unencodable");
  assertEquals(countsOf(queue), [0, 0, 0, 0]);
  queue.push(event("bad"));
  assertThrows(() => queue.push(event("large", 65_536)), TypeError, "unencodable");
});

Deno.test("over any course, what leaves is what was pushed, in order and within the bounds, and what is counted is what waits", () => {
  const aSize = fc.oneof(fc.integer({ min: 50, max: 2000 }), fc.integer({ min: 20_000, max: 120_000 }));
  const aStep = fc.oneof(
    { weight: 20, arbitrary: fc.record({ push: aSize }) },
    { weight: 3, arbitrary: fc.record({ many: fc.integer({ min: 1, max: 700 }) }) },
    { weight: 5, arbitrary: fc.constant("control") },
    { weight: 15, arbitrary: fc.constant("shift") },
    { weight: 2, arbitrary: fc.record({ limit: fc.integer({ min: 1, max: 130_000 }), batch: fc.boolean() }) },
    { weight: 1, arbitrary: fc.constant("takeOver") },
    { weight: 1, arbitrary: fc.constant("clear") },
  );
  const aQueue = fc.constantFrom(FrameQueue, PlainQueue);
  fc.assert(
    fc.property(fc.array(aStep, { maxLength: 100 }), fc.boolean(), aQueue, (steps, isHub, Queue) => {
      let queue = new Queue(codec, isHub ? BATCHING : SPOKE_PEER);
      let waiting: EncodedEnvelope[] = [];
      let count = 0;
      const push = (envelope: EncodedEnvelope): void => {
        queue.push(envelope);
        waiting.push(envelope);
      };
      const shift = (): boolean => {
        const { nextBytes } = queue;
        const frame = queue.shift();
        if (frame === undefined) return false;
        assert(nextBytes >= frame.wireBytes && nextBytes <= frame.bytes + frame.size + 1);
        const left = waiting.splice(0, frame.size);
        assertEquals(idsOf(frame), left.map(({ id }) => id));
        assertEquals(frame.bytes, left.reduce((sum, { bytes }) => sum + bytes, 0));
        assertEquals(frame.wireBytes, String(frame.data).length);
        assert(
          frame.size === 1 ||
            (frame.size <= MAX_FRAME_ENVELOPES && frame.wireBytes <= MAX_SHARED_FRAME_BYTES),
        );
        return true;
      };
      for (const step of steps) {
        if (step === "shift") shift();
        else if (step === "control") push(control(`c${count++}`));
        else if (step === "clear") {
          queue.clear();
          waiting = [];
        } else if (step === "takeOver") {
          const next = new Queue(codec, BATCHING);
          next.takeFrom(queue);
          queue = next;
          waiting = waiting.filter(({ control }) => !control);
        } else if ("push" in step) push(event(count++, step.push));
        else if ("many" in step) { for (let i = 0; i < step.many; i++) push(event(count++)); }
        else {
          queue.applyHello({ version: 1, batch: step.batch, maxFrameBytes: step.limit });
          const limit = Math.max(step.limit, 65_536);
          const isTooLarge = ({ bytes, control }: EncodedEnvelope) => !control && bytes > limit;
          assertEquals(
            queue.takeTooLarge().map(({ id }) => id),
            waiting.filter(isTooLarge).map(({ id }) => id),
          );
          waiting = waiting.filter((each) => !isTooLarge(each));
        }
        const bytes = waiting.reduce((sum, each) => sum + each.bytes, 0);
        assertEquals([queue.size, queue.events, queue.bytes], [
          waiting.length,
          waiting.filter(({ control }) => !control).length,
          bytes,
        ]);
        assert(queue.cost >= bytes && queue.cost <= bytes + 1024 * Math.max(0, waiting.length - 64));
      }
      while (shift());
      assertEquals([waiting.length, ...countsOf(queue)], [0, 0, 0, 0, 0]);
    }),
    { numRuns: 150 },
  );
});
