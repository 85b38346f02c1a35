import { assert, assertEquals } from "@std/assert";
import { TokenBucket } from "../../../adapters/_hub/token_bucket.ts";

/** A bucket with a clock that the test turns. */
function open(perSecond: number, capacity: number) {
  let now = 1_000_000;
  const bucket = new TokenBucket(perSecond, capacity, () => now);
  return {
    pass: (ms: number) => void (now += ms),
    /** How many tokens there are. */
    takeAll() {
      let count = 0;
      while (bucket.take()) count++;
      return count;
    },
    bucket,
  };
}

Deno.test("a bucket is full at first, and fills at its rate", () => {
  const { takeAll, pass } = open(10, 50);
  assertEquals(takeAll(), 50);
  pass(99);
  assertEquals(takeAll(), 0);
  pass(1);
  assertEquals(takeAll(), 1);
  pass(1000);
  assertEquals(takeAll(), 10);
});

Deno.test("a bucket never holds more than its capacity, however long no token is taken", () => {
  const { takeAll, pass } = open(10, 50);
  pass(3_600_000);
  assertEquals(takeAll(), 50);
});

Deno.test("over a long time as many tokens are taken as were added, whatever the steps of the clock", () => {
  const { bucket, pass } = open(333, 100);
  let taken = 0;
  for (let i = 0; i < 100_000; i++) {
    if (bucket.take()) taken++;
    pass(0.1);
  }
  assert(Math.abs(taken - (100 + 3330)) <= 1, `${taken}`);
});

Deno.test("a large bucket gives a ten-thousandth more than its capacity at most", () => {
  const { bucket, takeAll, pass } = open(100_000, 100_000);
  for (let round = 0; round < 3; round++) {
    pass(3_600_000);
    let unread = 0;
    while (unread < 5 && bucket.take()) unread++;
    const taken = unread + takeAll();
    assert(taken >= 100_000 && taken <= 100_010, `${taken}`);
  }
});
