import FakeTimers from "@sinonjs/fake-timers";
import { assertEquals } from "@std/assert";

/** The clock of a test, and what it shows. */
export interface TestClock {
  /** Lets time pass, and with it microtasks. */
  pass(ms: number): Promise<void>;
  /** Lets time pass while nothing runs; what was due meanwhile is late. */
  standStill(ms: number): void;
  /** How many timers are set. */
  readonly timers: number;
}

/** Runs a test with its own clock, and fails if a timer is left behind. */
export async function withClock(test: (clock: TestClock) => Promise<void>): Promise<void> {
  const clock = FakeTimers.install({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  try {
    await test({
      pass: async (ms) => void await clock.tickAsync(ms),
      standStill: (ms) => void clock.jump(ms),
      get timers() {
        return clock.countTimers();
      },
    });
    assertEquals(clock.countTimers(), 0, "a timer is left behind");
  } finally {
    clock.uninstall();
  }
}

/** Lets the microtasks run that are queued now, and those that they queue. */
export async function microtasks(): Promise<void> {
  for (let i = 0; i < 5; i++) await Promise.resolve();
}
