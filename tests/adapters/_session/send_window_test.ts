import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { costOf, SendWindow } from "../../../adapters/_session/send_window.ts";

/** The frames that cost no more than their bytes. */
const FREE = 64;

/** A wire that counts how often it is asked. */
function open(bufferedBytes = 0, limit = Infinity) {
  const wire = {
    asked: 0,
    buffers: bufferedBytes,
    get bufferedBytes() {
      this.asked++;
      return this.buffers;
    },
  };
  return { wire, window: new SendWindow(wire, limit) };
}

Deno.test("the wire is asked at first, and then only when the bound could be exceeded", () => {
  const { wire, window } = open(10);
  assertEquals([window.exceeds(100), wire.asked], [false, 1]);
  // A frame takes up to sixteen bytes more than its own.
  window.add(24);
  window.add(34);
  assertEquals([window.exceeds(100), wire.asked], [false, 1]);
  window.add(1);
  wire.buffers = 60;
  assertEquals([window.exceeds(100), wire.asked], [false, 2]);
  window.add(24);
  assertEquals([window.exceeds(100), wire.asked], [false, 2]);
});

Deno.test("exactly the number does not exceed it, and a full wire is asked each time", () => {
  const { wire, window } = open(101);
  assertEquals([window.exceeds(101), window.exceeds(100), window.exceeds(100), wire.asked], [
    false,
    true,
    true,
    3,
  ]);
  wire.buffers = 100;
  assertEquals([window.exceeds(100), wire.asked], [false, 4]);
});

Deno.test("there is room up to the limit to the byte, and for one larger frame if the wire is empty", () => {
  const { wire, window } = open(0, 1000);
  assertEquals([window.hasRoom(1000), window.hasRoom(1001), window.hasRoom(1e9)], [true, true, true]);
  wire.buffers = 400;
  window.add(400);
  assertEquals([window.hasRoom(600), window.hasRoom(601), window.hasRoom(1e9)], [true, false, false]);
  wire.buffers = 1;
  assertEquals([window.hasRoom(999), window.hasRoom(1000)], [true, false]);
  wire.buffers = 0;
  assertEquals(window.hasRoom(1e9), true);
});

Deno.test("a frame costs 1,024 bytes beside its own, except for the first 64 in the wire", () => {
  const { wire, window } = open();
  for (let i = 1; i <= 1000; i++) {
    wire.buffers += 10;
    window.add(10);
    assertEquals(window.cost, 10 * i + Math.max(0, i - FREE) * 1024);
  }
  wire.buffers = 10 * 500;
  assertEquals(window.cost, 10 * 500 + (500 - FREE) * 1024);
  wire.buffers = 1;
  assertEquals(window.cost, 1);
});

Deno.test("small frames fill the window by what they cost, not by what they weigh", () => {
  const { wire, window } = open(0, 256 * 1024);
  let frames = 0;
  for (; window.hasRoom(20); frames++) {
    wire.buffers += 20;
    window.add(20);
  }
  assert(frames >= 250 && frames < 256 + FREE, `${frames} frames`);
});

Deno.test("a frame that was handed to an empty wire leaves no cost, without a question for each", () => {
  const { wire, window } = open();
  for (let i = 0; i < 64_000; i++) window.add(10);
  assertEquals([window.cost, wire.asked <= 1001], [0, true]);
  assertEquals([window.left, window.handed], [640_000, 640_000]);
});

Deno.test("what the wire held before, or is handed by others, is foreign, and counts as held and not as left", () => {
  const { wire, window } = open(5000, 1e6);
  assertEquals([window.bytes, window.foreign, window.left], [5000, 5000, 0]);
  window.add(100);
  wire.buffers = 5100;
  assertEquals([window.bytes, window.foreign, window.left, window.handed], [5100, 5000, 0, 100]);
  wire.buffers = 5100 + 700;
  assertEquals([window.bytes, window.foreign, window.left], [5800, 5700, 0]);
  wire.buffers = 0;
  assertEquals([window.bytes, window.foreign, window.left], [0, 0, 100]);
});

Deno.test("up to sixteen bytes that a runtime adds to each frame are not foreign", () => {
  for (const framing of [2, 10, 16]) {
    const { wire, window } = open(0, 1e6);
    for (let i = 0; i < 100; i++) {
      wire.buffers += 50 + framing;
      window.add(50);
      if (i % 7 === 0) assertEquals(window.foreign, 0);
    }
    assertEquals([window.foreign, window.bytes], [0, 100 * (50 + framing)]);
  }
});

Deno.test("over any course of a wire, what has left is exact, and neither cost nor room is underestimated", () => {
  const LIMIT = 20_000;
  const aStep = fc.oneof(
    { weight: 6, arbitrary: fc.record({ send: fc.integer({ min: 1, max: 3000 }) }) },
    { weight: 2, arbitrary: fc.record({ burst: fc.integer({ min: 1, max: 150 }) }) },
    { weight: 4, arbitrary: fc.record({ leave: fc.integer({ min: 1, max: 9000 }) }) },
    { weight: 1, arbitrary: fc.constant({ leave: Infinity }) },
    { weight: 2, arbitrary: fc.record({ look: fc.integer({ min: 0, max: 60_000 }) }) },
  );
  fc.assert(
    fc.property(fc.array(aStep, { maxLength: 100 }), (steps) => {
      const { wire, window } = open(0, LIMIT);
      // The exact course: the bytes of each frame that has not left entirely.
      const fifo: number[] = [];
      let handed = 0;
      const send = (bytes: number): void => {
        const held = wire.buffers;
        const hadRoom = window.hasRoom(bytes);
        assert(!hadRoom || held + bytes <= LIMIT || held === 0, `${held} and ${bytes} bytes`);
        wire.buffers += bytes;
        window.add(bytes);
        handed += bytes;
        fifo.push(bytes);
      };
      for (const step of steps) {
        if ("send" in step) send(step.send);
        else if ("burst" in step) { for (let i = 0; i < step.burst; i++) send(10); }
        else if ("leave" in step) {
          for (let rest = step.leave; rest > 0 && fifo.length > 0;) {
            const part = Math.min(rest, fifo[0] ?? 0);
            fifo[0] = (fifo[0] ?? 0) - part;
            wire.buffers -= part;
            rest -= part;
            if (fifo[0] === 0) fifo.shift();
          }
        } else {
          const exact = costOf(wire.buffers, fifo.length);
          if (exact > step.look) assert(window.exceeds(step.look), `${exact} is not over ${step.look}`);
          // Frames count in groups of up to 64 that are handed over between two questions.
          if (window.exceeds(step.look)) assert(costOf(wire.buffers, fifo.length + FREE) > step.look);
          assert(window.atMost >= exact);
        }
        if (fifo.length === 0) assert(window.hasRoom(1e9));
      }
      assertEquals([window.handed, window.left, window.bytes, window.foreign], [
        handed,
        handed - wire.buffers,
        wire.buffers,
        0,
      ]);
      assert(window.cost >= costOf(wire.buffers, fifo.length));
      assert(window.cost <= costOf(wire.buffers, fifo.length + FREE));
    }),
    { numRuns: 300 },
  );
});

Deno.test("a wire that does not say what it holds, or throws, holds nothing", () => {
  const wires = [undefined, NaN, null, "nothing"].map((value) => ({ bufferedBytes: value }));
  const throws = {
    get bufferedBytes(): number {
      throw new Error("no such thing");
    },
  };
  for (const wire of [...wires, throws]) {
    // Cast: what sockets of some platforms have there is no number.
    const window = new SendWindow(wire as { bufferedBytes: number }, 1000);
    for (let i = 0; i < 100; i++) {
      assert(window.hasRoom(900));
      window.add(900);
    }
    assertEquals([window.bytes, window.cost, window.foreign, window.left], [0, 0, 0, 90_000]);
  }
});

Deno.test("a wire is stuck while it holds something that it held at the look before", () => {
  const { wire, window } = open(0, 1000);
  const looks: boolean[] = [];
  for (const [handed, left] of [[500, 0], [0, 400], [300, 100], [300, 0], [0, 300], [0, 300]] as const) {
    window.add(handed);
    wire.buffers += handed - left;
    window.look();
    looks.push(window.isStuck);
  }
  assertEquals(looks, [false, true, false, true, true, false]);
});
