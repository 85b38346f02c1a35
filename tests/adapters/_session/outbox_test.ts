import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { jsonCodec as codec } from "../../../adapters/_wire/json_codec.ts";
import { MAX_FRAME_ENVELOPES } from "../../../adapters/_session/batch.ts";
import { MAX_SHARED_FRAME_BYTES } from "../../../adapters/_session/frame_queue.ts";
import { Outbox } from "../../../adapters/_session/outbox.ts";
import { SpokeOutbox } from "../../../adapters/_session/spoke_outbox.ts";
import { HUB_PEER, type PeerPolicy, SPOKE_PEER } from "../../../adapters/_session/parts.ts";
import { WINDOW_BYTES } from "../../../adapters/_session/send_window.ts";
import { Traffic } from "../../../adapters/_session/traffic.ts";
import type { EncodedEnvelope } from "../../../adapters/_wire/codec.ts";
import { processorMs } from "../../support/processor_time.ts";
import { FakeWire } from "../../support/fake_wire.ts";
import { microtasks, withClock } from "../../support/clock.ts";

const EMPTY_BYTES = codec.encode({ type: "n", id: "", payload: "" }, false).bytes;

/** An event with a number, whose envelope takes a number of bytes. */
function event(id: string | number, bytes?: number): EncodedEnvelope {
  const payload = bytes === undefined ? null : "x".repeat(bytes - EMPTY_BYTES - String(id).length);
  const encoded = codec.encode({ type: "n", id: String(id), payload }, false);
  if (bytes !== undefined) assertEquals(encoded.bytes, bytes);
  return encoded;
}

function control(ref: string): EncodedEnvelope {
  return codec.encode({ type: "__ping", id: ref, payload: undefined }, true);
}

/** A peer that reads, with the queue of a spoke among others. */
const ONE_OF_MANY: PeerPolicy = { ...HUB_PEER, createQueue: SPOKE_PEER.createQueue };

/** An outbox over a wire without a transport, and what it asked its host. */
function open(
  options: {
    paused?: boolean;
    readsBatches?: boolean;
    maxFrameBytes?: number;
    maxSharedFrameBytes?: number;
    encodeFrame?: typeof codec.encodeFrame;
    holds?: boolean;
    toleratedBytes?: number;
    peer?: PeerPolicy;
  } = {},
) {
  const {
    paused = false,
    readsBatches = true,
    maxFrameBytes = 1024 * 1024,
    maxSharedFrameBytes,
    encodeFrame = codec.encodeFrame,
    holds = false,
    toleratedBytes = Infinity,
    peer = HUB_PEER,
  } = options;
  const wire = new FakeWire();
  wire.holds = holds;
  const backlogs: { cost: number; isControl: boolean }[] = [];
  const faults: unknown[] = [];
  const host = { fail: (error: unknown) => void faults.push(error) };
  const parts = {
    wire,
    codec: {
      ...codec,
      deflates: true,
      encodeFrame,
      ...(maxSharedFrameBytes !== undefined && { maxSharedFrameBytes }),
    },
    traffic: new Traffic(),
    peer: { ...peer, speaksProtocol: readsBatches, assumedMaxFrameBytes: maxFrameBytes },
  };
  const guard = {
    mayReceive: () => true,
    toleratedBytes,
    onBacklog: (isControl: boolean) => void backlogs.push({ cost: outbox.cost, isControl }),
  };
  const isOfSpoke = peer === SPOKE_PEER || toleratedBytes < Infinity;
  const outbox: Outbox = isOfSpoke ? new SpokeOutbox({ ...parts, guard }, host) : new Outbox(parts, host);
  if (!paused) outbox.open();
  return {
    wire,
    outbox,
    backlogs,
    faults,
    ids: () => wire.envelopes.map(({ id }) => id),
    counts: () => wire.frames.map((frame) => [JSON.parse(frame)].flat().length),
    sizes: () => wire.frames.map((frame) => new TextEncoder().encode(frame).length),
  };
}

Deno.test("envelopes of one turn share a frame that leaves in a microtask, and those of the next turn share another", async () => {
  const { wire, outbox, counts } = open();
  outbox.push(event(1));
  outbox.push(event(2));
  assertEquals([wire.frames.length, outbox.queue.size], [0, 2]);
  await microtasks();
  outbox.push(event(3));
  await microtasks();
  assertEquals(counts(), [2, 1]);
  assert(!wire.frames[1]?.startsWith("["), "one envelope needs no array");
});

Deno.test("a frame holds 512 envelopes, and the next one starts at once", async () => {
  const { outbox, counts } = open();
  for (let i = 0; i < MAX_FRAME_ENVELOPES; i++) outbox.push(event(i));
  assertEquals(counts(), []);
  outbox.push(event(MAX_FRAME_ENVELOPES));
  assertEquals(counts(), [MAX_FRAME_ENVELOPES]);
  await microtasks();
  assertEquals(counts(), [MAX_FRAME_ENVELOPES, 1]);
});

for (
  const [name, options, bound] of [
    ["64 KiB", {}, MAX_SHARED_FRAME_BYTES],
    ["what the peer accepts", { maxFrameBytes: 5000 }, 5000],
    ["what is best for the codec", { maxSharedFrameBytes: 8192 }, 8192],
  ] as const
) {
  Deno.test(`a shared frame holds ${name} to the byte, and not one byte more`, async () => {
    const { outbox, counts, sizes } = open(options);
    // Two brackets and two commas.
    outbox.push(event(1, 1000));
    outbox.push(event(2, 1000));
    outbox.push(event(3, bound - 2000 - 4));
    await microtasks();
    assertEquals([counts(), sizes()], [[3], [bound]]);
    outbox.push(event(1, 1000));
    outbox.push(event(2, 1000));
    outbox.push(event(3, bound - 2000 - 3));
    await microtasks();
    assertEquals(counts(), [3, 2, 1]);
  });
}

Deno.test("an envelope over 64 KiB leaves alone, between its neighbours", async () => {
  const { outbox, ids, counts } = open();
  outbox.push(event("a"));
  outbox.push(event("large", MAX_SHARED_FRAME_BYTES + 1));
  outbox.push(event("b"));
  outbox.push(event("c"));
  await microtasks();
  assertEquals([ids(), counts()], [["a", "large", "b", "c"], [1, 1, 2]]);
});

Deno.test("a peer that does not read arrays is sent single envelopes, in order", async () => {
  const { wire, outbox, ids } = open({ readsBatches: false });
  for (let i = 0; i < 4; i++) outbox.push(event(i));
  await microtasks();
  assertEquals(ids(), ["0", "1", "2", "3"]);
  assert(wire.frames.every((frame) => frame.startsWith("{")));
  // From its hello on it does.
  outbox.queue.applyHello({ version: 1, batch: true });
  outbox.push(event(4));
  outbox.push(event(5));
  await microtasks();
  assertEquals(wire.frames.length, 5);
});

Deno.test("envelopes that wait when the peer says that it does not read arrays leave one by one", async () => {
  const { wire, outbox } = open();
  outbox.push(event(1));
  outbox.push(event(2));
  outbox.queue.applyHello({ version: 1, batch: false });
  await microtasks();
  assertEquals(wire.frames.length, 2);
});

Deno.test("nothing leaves before open(), and then everything, in order and in as few frames as possible", async () => {
  const { wire, outbox, ids, counts, backlogs } = open({ paused: true, toleratedBytes: 0 });
  const sent = Array.from({ length: 1100 }, (_, i) => event(i));
  for (const each of sent) outbox.push(each);
  await microtasks();
  outbox.flush();
  assertEquals([wire.frames.length, outbox.queue.size, backlogs], [0, 1100, []]);
  assertEquals(outbox.queue.bytes, sent.reduce((sum, { bytes }) => sum + bytes, 0));
  outbox.open();
  assertEquals(counts(), [512, 512, 76]);
  assertEquals(ids(), sent.map((_, i) => String(i)));
  assertEquals([outbox.queue.size, outbox.queue.bytes], [0, 0]);
  await microtasks();
  assertEquals(wire.frames.length, 3);
});

Deno.test("a long queue leaves in linear time, even one by one", () => {
  const elapsed = (count: number) => {
    const { wire, outbox } = open({ paused: true, readsBatches: false });
    const encoded = event(1);
    for (let i = 0; i < count; i++) outbox.push(encoded);
    const started = processorMs();
    outbox.open();
    assertEquals(wire.frames.length, count);
    return processorMs() - started;
  };
  elapsed(1000);
  // As many as fit into 16 MiB.
  assert(elapsed(300_000) < 2000, "it takes seconds");
});

Deno.test("the frames of a queue that waited keep the size bounds too", () => {
  const { outbox, sizes, ids } = open({ paused: true });
  for (let i = 0; i < 100; i++) outbox.push(event(i, 3000));
  outbox.open();
  assert(sizes().every((size) => size <= MAX_SHARED_FRAME_BYTES), `${sizes()}`);
  assertEquals(sizes().length, Math.ceil(100 / 21));
  assertEquals(ids().length, 100);
});

Deno.test("while a long queue leaves, the rest still counts as waiting", () => {
  const waiting: number[][] = [];
  const { wire, outbox } = open({ paused: true, readsBatches: false });
  wire.send = () => void waiting.push([outbox.queue.size, outbox.queue.bytes]);
  for (let i = 0; i < 3; i++) outbox.push(event(i, 100));
  outbox.open();
  assertEquals(waiting, [[2, 200], [1, 100], [0, 0]]);
});

Deno.test("what is sent first overtakes everything that waits, even while the outbox is paused", () => {
  const { outbox, ids } = open({ paused: true });
  outbox.push(event("waits"));
  outbox.sendFirst(control("first"));
  assertEquals(ids(), ["first"]);
  outbox.open();
  assertEquals(ids(), ["first", "waits"]);
});

Deno.test("flush sends at once, and leaves nothing for the microtask", async () => {
  const { wire, outbox } = open();
  outbox.push(event(1));
  outbox.flush();
  assertEquals(wire.frames.length, 1);
  await microtasks();
  outbox.flush();
  assertEquals(wire.frames.length, 1);
});

Deno.test("after stop the waiting events can be taken, and controls are discarded", async () => {
  const { wire, outbox } = open();
  outbox.push(event(1));
  outbox.push(control("ref"));
  outbox.push(event(2));
  assertEquals(outbox.stop(), { lost: 0, waiting: 2 });
  await microtasks();
  assertEquals([wire.frames, outbox.queue.size], [[], 3]);
  const next = open();
  next.outbox.queue.takeFrom(outbox.queue);
  assertEquals([outbox.queue.size, outbox.queue.bytes, next.outbox.queue.size], [0, 0, 2]);
  next.outbox.flush();
  assertEquals(next.ids(), ["1", "2"]);
  next.outbox.queue.takeFrom(outbox.queue);
  assertEquals(next.outbox.queue.size, 0);
  outbox.push(event(3));
  outbox.flush();
  await microtasks();
  assertEquals(wire.frames, []);
});

Deno.test("nothing is sent while the wire closes", async () => {
  const { wire, outbox, ids } = open();
  wire.state = "closed";
  outbox.push(event(1));
  await microtasks();
  assertEquals([wire.frames, outbox.queue.size], [[], 1]);
  wire.state = "open";
  outbox.push(event(2));
  await microtasks();
  assertEquals(ids(), ["1", "2"]);
});

Deno.test("the guard is called for each envelope after which more may wait than it tolerates, here and in the wire", async () => {
  const { bytes } = control("a");
  const { wire, outbox, backlogs } = open({ holds: true, toleratedBytes: 2 * bytes });
  wire.framingBytes = 16;
  assertEquals(outbox.cost, 0, "from now on the wire is known to be empty");
  outbox.push(control("a"));
  outbox.push(control("b"));
  assertEquals(backlogs, []);
  outbox.push(control("c"));
  await microtasks();
  const held = 3 * bytes + 4 + 16;
  assertEquals(wire.bufferedBytes, held);
  outbox.push(event(1));
  outbox.sendFirst(control("d"));
  assertEquals(backlogs, [
    { cost: 3 * bytes, isControl: true },
    { cost: held + event(1).bytes, isControl: false },
    { cost: held + event(1).bytes, isControl: true },
  ]);
});

Deno.test("a wire that throws is reported once, and nothing more is sent", async () => {
  const { wire, outbox, faults } = open({ paused: true, readsBatches: false });
  for (let i = 0; i < 3; i++) outbox.push(event(i));
  const fault = new Error("broken");
  let calls = 0;
  wire.send = () => {
    calls++;
    throw fault;
  };
  outbox.open();
  // A send is under way: what is pushed now waits behind the rest.
  assertEquals(faults, []);
  outbox.push(event(3));
  outbox.sendFirst(event(4));
  outbox.open();
  await microtasks();
  assertEquals([faults, calls], [[fault], 1]);
  // The event at which the wire threw, and the one that was to overtake the others.
  assertEquals(outbox.stop(), { lost: 2, waiting: 3 });
});

Deno.test("outboxes that are given the same envelopes share one frame, whichever is ahead", async () => {
  const joined: string[] = [];
  const encodeFrame: typeof codec.encodeFrame = (envelopes) => {
    joined.push(envelopes.map(({ id }) => id).join(""));
    return codec.encodeFrame(envelopes);
  };
  const [one, two, three, four] = [1, 2, 3, 4].map(() => open({ encodeFrame, peer: ONE_OF_MANY }));
  assert(one !== undefined && two !== undefined && three !== undefined && four !== undefined);
  const [a, b, c, d] = [event("a"), event("b"), event("c"), event("d")];
  for (const each of [a, b, c]) one.outbox.push(each);
  for (const { outbox } of [two, three, four]) outbox.push(a);
  for (const { outbox } of [two, three, four]) outbox.push(b);
  two.outbox.push(c);
  three.outbox.push(d);
  await microtasks();
  assertEquals([one, two, three, four].map(({ ids }) => ids().join("")), ["abc", "abc", "abd", "ab"]);
  assertEquals(joined, ["abc", "abd", "ab"]);
  assertStrictEquals(one.wire.frames[0], two.wire.frames[0]);

  // Once a frame is made of it, nothing joins it any more.
  joined.length = 0;
  for (const { outbox } of [one, two]) for (const each of [d, a]) outbox.push(each);
  one.outbox.flush();
  two.outbox.push(b);
  three.outbox.push(d);
  three.outbox.push(a);
  await microtasks();
  assertEquals([one, two, three].map(({ ids }) => ids().slice(-3).join("")), ["cda", "dab", "dda"]);
  assertEquals(joined, ["da", "dab"]);
});

Deno.test("outboxes share a plain frame and a deflated one, and neither changes once it is sent", async () => {
  const joined: string[] = [];
  const encodeFrame: typeof codec.encodeFrame = (envelopes, toDeflate = false) => {
    joined.push((toDeflate ? "deflated " : "") + envelopes.map(({ id }) => id).join(""));
    return codec.encodeFrame(envelopes);
  };
  const opened = [true, true, true, false, false].map((deflate) => {
    const each = open({ encodeFrame, peer: ONE_OF_MANY });
    each.outbox.queue.applyHello({ version: 1, batch: true, deflate });
    return each;
  });
  for (const each of [event("a"), event("b")]) for (const { outbox } of opened) outbox.push(each);
  await microtasks();
  assertEquals(joined, ["deflated ab", "ab"]);

  const [ahead, ...others] = opened;
  for (const each of [event("c"), event("d")]) for (const { outbox } of opened) outbox.push(each);
  ahead?.outbox.flush();
  const last = event("e");
  for (const { outbox } of others) outbox.push(last);
  await microtasks();
  assertEquals(opened.map(({ ids }) => ids().join("")), ["abcd", "abcde", "abcde", "abcde", "abcde"]);
});

Deno.test("a frame that several outboxes share is not changed by what one of them sends next", async () => {
  const [first, second] = [open(), open()];
  const [a, b, c] = [event("a"), event("b"), event("c")];
  for (const each of [a, b]) first.outbox.push(each);
  first.outbox.flush();
  first.outbox.push(c);
  for (const each of [a, b, c]) second.outbox.push(each);
  second.outbox.flush();
  await microtasks();
  assertEquals([first.ids(), second.ids()], [["a", "b", "c"], ["a", "b", "c"]]);
});

Deno.test("any sequence of envelopes leaves in order, within the bounds", async () => {
  const aSize = fc.oneof(fc.integer({ min: 50, max: 2000 }), fc.integer({ min: 20_000, max: 70_000 }));
  const aStep = fc.oneof(
    { weight: 10, arbitrary: fc.record({ push: aSize }) },
    { weight: 1, arbitrary: fc.constant({ pause: true }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(aStep, { maxLength: 200 }), fc.boolean(), async (steps, paused) => {
      const { outbox, ids, counts, sizes } = open({ paused });
      const pushed: string[] = [];
      for (const step of steps) {
        if ("push" in step) {
          const id = String(pushed.push(String(pushed.length)) - 1);
          outbox.push(event(id, step.push));
        } else await microtasks();
      }
      if (paused) outbox.open();
      await microtasks();
      assertEquals(ids(), pushed);
      for (const [i, count] of counts().entries()) {
        assert(count === 1 || (count <= MAX_FRAME_ENVELOPES && (sizes()[i] ?? 0) <= MAX_SHARED_FRAME_BYTES));
      }
    }),
    { numRuns: 50 },
  );
});

Deno.test("the wire is handed at most 256 KiB beyond what has left it, and the rest as it leaves", () =>
  withClock(async ({ pass }) => {
    const { wire, outbox, ids } = open({ holds: true });
    for (let i = 0; i < 400; i++) outbox.push(event(i, 4000));
    await microtasks();
    assert(wire.bufferedBytes > WINDOW_BYTES * 3 / 4 && wire.bufferedBytes <= WINDOW_BYTES);
    const waiting = outbox.queue.size;
    await pass(10_000);
    assertEquals(outbox.queue.size, waiting);
    // The line takes 64 KiB every 10 ms.
    for (let ms = 0; ms < 600; ms += 10) {
      wire.leave(65_536);
      await pass(10);
      assert(wire.bufferedBytes <= WINDOW_BYTES, `${wire.bufferedBytes} bytes`);
    }
    assertEquals([outbox.queue.size, outbox.cost], [0, 0]);
    assertEquals(ids(), Array.from({ length: 400 }, (_, i) => `${i}`));
  }));

Deno.test("an event that is larger than the window goes alone, once the wire is empty", () =>
  withClock(async ({ pass }) => {
    const { wire, outbox, ids } = open({ holds: true });
    outbox.push(event("small"));
    await microtasks();
    outbox.push(event("large", 1_000_000));
    outbox.push(event("behind"));
    await pass(1000);
    assertEquals(ids(), ["small"]);
    wire.leave();
    await pass(50);
    assertEquals(ids(), ["small", "large"]);
    wire.leave(999_999);
    await pass(50);
    assertEquals(ids(), ["small", "large", "behind"]);
  }));

Deno.test("a full wire is looked at often while it moves, and rarely while it does not", () =>
  withClock(async (clock) => {
    const { wire, outbox } = open({ holds: true });
    let looks = 0;
    const { bufferedBytes } = wire;
    let held = bufferedBytes;
    Object.defineProperty(wire, "bufferedBytes", {
      get: () => (looks++, held),
      set: (bytes: number) => void (held = bytes),
    });
    for (let i = 0; i < 400; i++) outbox.push(event(i, 4000));
    await microtasks();
    await clock.pass(1000);
    assertEquals(clock.timers, 1);
    looks = 0;
    await clock.pass(10_000);
    assert(looks <= 10_000 / 50 * 3, `${looks} looks`);
    // It moves: the next look is at most a few milliseconds away, and 1.3 MB leave in less than 0.1 s.
    for (let ms = 0; ms < 100; ms++) {
      wire.leave();
      await clock.pass(1);
    }
    assertEquals([outbox.queue.size, clock.timers], [0, 0]);
  }));

Deno.test("an empty wire and an outbox without a backlog need no timer", () =>
  withClock(async (clock) => {
    const { outbox } = open({ holds: true });
    for (let i = 0; i < 50; i++) outbox.push(event(i));
    await microtasks();
    assertEquals(clock.timers, 0);
  }));

Deno.test("what is sent next overtakes all that waits, stands for what was to be sent next before, and waits for room", () =>
  withClock(async ({ pass }) => {
    const { wire, outbox, ids } = open({ holds: true });
    for (let i = 0; i < 6; i++) outbox.push(event(i, 60_000));
    await microtasks();
    wire.bufferedBytes = WINDOW_BYTES;
    assertEquals(outbox.window.bytes, WINDOW_BYTES);
    for (let i = 0; i < 1000; i++) outbox.sendNext(control(`next ${i}`));
    await pass(1000);
    assertEquals([ids(), outbox.queue.size], [["0", "1", "2", "3"], 2]);
    wire.leave();
    await pass(50);
    assertEquals(ids().slice(4), ["next 999", "4", "5"]);
    outbox.sendNext(control("at once"));
    assertEquals(ids().at(-1), "at once");
  }));

Deno.test("closing hands over everything at once, whatever the wire holds", () =>
  withClock(async (clock) => {
    const { wire, outbox } = open({ holds: true });
    for (let i = 0; i < 100; i++) outbox.push(event(i, 60_000));
    await microtasks();
    assertEquals([outbox.queue.size > 90, clock.timers], [true, 1]);
    outbox.flushForClose();
    assertEquals([outbox.queue.size, wire.frames.length], [0, 100]);
    assertEquals(outbox.stop(), { lost: 0, waiting: 0 });
    assertEquals(clock.timers, 0);
  }));

Deno.test("the end of an outbox that waits for room leaves no timer, and counts what waits", () =>
  withClock(async (clock) => {
    const { wire, outbox } = open({ holds: true });
    for (let i = 0; i < 100; i++) outbox.push(event(i, 60_000));
    await microtasks();
    const sent = wire.frames.length;
    assertEquals([outbox.stop(), clock.timers], [{ lost: 0, waiting: 100 - sent }, 0]);
    wire.leave();
    await clock.pass(1000);
    assertEquals(wire.frames.length, sent);
  }));

Deno.test("a codec that cannot encode a frame breaks the outbox, in a microtask, and its events are lost", async () => {
  const fault = new TypeError("unencodable");
  const encodeFrame: typeof codec.encodeFrame = (envelopes) => {
    if (envelopes.some(({ id }) => id === "bad")) throw fault;
    return codec.encodeFrame(envelopes);
  };
  for (const after of ["microtask", "next frame"]) {
    const { outbox, faults, ids } = open({ encodeFrame });
    outbox.push(event("good"));
    outbox.flush();
    for (const id of ["1", "bad"]) outbox.push(event(id));
    if (after === "next frame") outbox.push(event("large", MAX_SHARED_FRAME_BYTES));
    await microtasks();
    outbox.push(event("late"));
    outbox.flush();
    await microtasks();
    assertEquals([faults, ids()], [[fault], ["good"]], after);
    assertEquals(outbox.stop().lost, 2, after);
  }
});

Deno.test("the largest event that left alone is known, by its topic and size", async () => {
  const { outbox } = open();
  assertEquals(outbox.largest, undefined);
  for (const [id, bytes] of [["a", 60_000], ["b", 70_000], ["c", 90_000], ["d", 80_000]] as const) {
    outbox.push(event(id, bytes));
  }
  outbox.push(control("x".repeat(100_000)));
  await microtasks();
  assertEquals(outbox.largest, { type: "n", id: "c", bytes: 90_000 });
});

Deno.test("an event of any size that left alone is the largest, until a larger frame leaves", async () => {
  const { outbox } = open();
  const largest: (string | undefined)[] = [];
  const frames = [
    [event("a", 1500)],
    [control("x".repeat(5000))],
    [event("b", 2000)],
    [event("c", 1500), event("d", 1500)],
    [event("e", 500)],
    [event("f", 9000)],
  ];
  for (const frame of frames) {
    for (const envelope of frame) outbox.push(envelope);
    await microtasks();
    largest.push(outbox.largest?.id);
  }
  assertEquals(largest, ["a", "a", "b", undefined, undefined, "f"]);
});

Deno.test("over any course of a wire, no more than the window is in it, nothing is lost or reordered, and what is counted waits", () =>
  withClock(async ({ pass }) => {
    const aSize = fc.oneof(
      fc.integer({ min: 50, max: 2000 }),
      fc.integer({ min: 20_000, max: 70_000 }),
      { weight: 1, arbitrary: fc.integer({ min: 200_000, max: 900_000 }) },
    );
    const aStep = fc.oneof(
      { weight: 10, arbitrary: fc.record({ push: aSize }) },
      { weight: 3, arbitrary: fc.record({ many: fc.integer({ min: 1, max: 600 }) }) },
      { weight: 4, arbitrary: fc.record({ leave: fc.integer({ min: 1, max: 300_000 }) }) },
      { weight: 4, arbitrary: fc.record({ pass: fc.integer({ min: 0, max: 60 }) }) },
      { weight: 2, arbitrary: fc.constant({ next: true }) },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(aStep, { maxLength: 60 }),
        fc.boolean(),
        fc.constantFrom(0, 10, 16),
        async (steps, readsBatches, framingBytes) => {
          const { wire, outbox, ids } = open({ holds: true, readsBatches, peer: SPOKE_PEER });
          wire.framingBytes = framingBytes;
          const pushed: EncodedEnvelope[] = [];
          let most = 0;
          let alone = 0;
          const { send } = wire;
          wire.send = (frame) => {
            const before = wire.bufferedBytes;
            send.call(wire, frame);
            if (before === 0) alone = wire.bufferedBytes;
            if (wire.bufferedBytes > alone) most = Math.max(most, wire.bufferedBytes);
          };
          const push = (bytes?: number) => {
            const each = event(pushed.length, bytes);
            pushed.push(each);
            outbox.push(each);
          };
          for (const step of steps) {
            if ("push" in step) push(step.push);
            else if ("many" in step) { for (let i = 0; i < step.many; i++) push(); }
            else if ("leave" in step) wire.leave(step.leave);
            else if ("next" in step) outbox.sendNext(control("next"));
            else await pass(step.pass);
            const waits = pushed.slice(pushed.length - outbox.queue.size);
            assertEquals(outbox.queue.bytes, waits.reduce((sum, { bytes }) => sum + bytes, 0));
            const left = ids().filter((id) => id !== "next");
            assertEquals([left.length, left.at(-1)], [
              pushed.length - waits.length,
              pushed.at(-1 - waits.length)?.id,
            ]);
            assert(outbox.cost >= outbox.queue.bytes + wire.bufferedBytes);
          }
          for (let i = 0; outbox.queue.size > 0 && i < 10_000; i++) {
            wire.leave(200_000);
            await pass(50);
          }
          await pass(50);
          assertEquals(ids().filter((id) => id !== "next"), pushed.map(({ id }) => id));
          // A runtime's framing is known only once it is asked, and then there is no room for more.
          assert(most <= WINDOW_BYTES + framingBytes, `${most} bytes`);
          outbox.stop();
        },
      ),
      { numRuns: 60 },
    );
  }));

for (const readsBatches of [true, false]) {
  Deno.test(
    `the wire never buffers more than the bound says, with the length of each frame, ${
      readsBatches ? "of several" : "of one"
    }`,
    () => {
      const { wire, outbox } = open({ readsBatches, holds: true });
      wire.framingBytes = 4;
      assertEquals(outbox.window.exceeds(0), false);
      for (let id = 0; id < 2000; id++) outbox.push(event(id));
      outbox.flush();
      assert(wire.frames.length > 1);
      // Were its own count too low, it would not ask the wire.
      assertEquals(outbox.window.exceeds(wire.bufferedBytes - 1), true);
      outbox.stop();
    },
  );
}
