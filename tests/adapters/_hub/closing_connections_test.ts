import { assertEquals, assertStrictEquals } from "@std/assert";
import { ClosingConnections } from "../../../adapters/_hub/closing_connections.ts";
import type { Spoke } from "../../../adapters/_hub/spoke.ts";
import { withClock } from "../../support/clock.ts";

interface Connection {
  readonly name: string;
}

/** A spoke that has ended, with or without something in its socket. */
function ended(
  name: string,
  closedFull = false,
  keepsUnsentSince: number | undefined = undefined,
): Spoke<Connection> {
  // Cast: of a spoke, only these members are read.
  return { connection: { name }, session: { closedFull }, keepsUnsentSince } as Spoke<Connection>;
}

Deno.test("a connection whose socket was empty takes a place for 30 seconds, and is closing until it is released", () =>
  withClock(async ({ pass }) => {
    const closing = new ClosingConnections<Connection>();
    const spoke = ended("a");
    closing.add(spoke);
    await pass(29_999);
    assertEquals([closing.size, closing.places], [1, 1]);
    await pass(1);
    assertEquals([closing.size, closing.places], [1, 0]);
    assertStrictEquals(closing.get(spoke.connection), spoke);
    closing.release(spoke);
    assertEquals([closing.size, closing.places, closing.get(spoke.connection)], [0, 0, undefined]);
  }));

Deno.test("a connection whose socket held something takes its place until it is released", () =>
  withClock(async ({ pass }) => {
    const closing = new ClosingConnections<Connection>();
    const spoke = ended("full", true);
    closing.add(spoke);
    await pass(1e7);
    assertEquals([closing.size, closing.places], [1, 1]);
    closing.release(spoke);
    assertEquals([closing.size, closing.places], [0, 0]);
  }));

Deno.test("a connection that was turned away is closing, and takes no place", () => {
  const closing = new ClosingConnections<Connection>();
  const spokes = [ended("a"), ended("b", true)];
  for (const spoke of spokes) closing.addTurnedAway(spoke);
  assertEquals([closing.size, closing.places], [2, 0]);
  assertEquals([...closing.spokes()], spokes);
  for (const spoke of spokes) closing.release(spoke);
  assertEquals(closing.size, 0);
});

Deno.test("places become free in the order in which they were taken, whatever is released meanwhile", () =>
  withClock(async ({ pass }) => {
    const closing = new ClosingConnections<Connection>();
    const spokes = Array.from({ length: 10 }, (_, i) => ended(`${i}`, i % 5 === 0));
    for (const spoke of spokes) {
      closing.add(spoke);
      await pass(1000);
    }
    assertEquals(closing.places, 10);
    for (const i of [1, 5]) closing.release(spokes[i] ?? ended("?"));
    assertEquals([closing.size, closing.places], [8, 8]);
    const places: number[] = [];
    for (let i = 0; i < 10; i++) {
      await pass(10_000 / 10);
      places.push(closing.places);
    }
    assertEquals([places, closing.size], [Array(10).fill(8), 8]);
    await pass(12_500);
    // Those of 2, 3, 4 and of 0 to 2.5 seconds later are over; 0 is full.
    assertEquals(closing.places, 8 - 1);
    await pass(10_000);
    assertEquals([closing.places, closing.size], [1, 8]);
  }));

Deno.test("releasing a connection twice, or one that is not closing, changes nothing", () => {
  const closing = new ClosingConnections<Connection>();
  const [one, other] = [ended("one"), ended("other", true)];
  closing.add(one);
  closing.release(other);
  assertEquals([closing.size, closing.places], [1, 1]);
  closing.release(one);
  closing.release(one);
  assertEquals([closing.size, closing.places], [0, 0]);
});

Deno.test("a connection of which nothing more is heard is forgotten after a time, by the clock alone", () =>
  withClock(async (clock) => {
    const closing = new ClosingConnections<Connection>();
    const now = performance.now();
    for (const spoke of [ended("full", true, now), ended("perhaps", false, now), ended("closes")]) {
      closing.add(spoke);
    }
    assertEquals([closing.size, closing.places, clock.timers], [3, 3, 0]);
    await clock.pass(30_000);
    assertEquals([closing.size, closing.places], [2, 1]);
    await clock.pass(569_000);
    assertEquals([closing.size, closing.places], [2, 1]);
    await clock.pass(1000);
    assertEquals([closing.size, closing.places], [1, 0]);
  }));
