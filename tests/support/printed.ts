import FakeTimers from "@sinonjs/fake-timers";

/** The lines of the default printer, and the clock that it reads. */
export interface Printed extends Disposable {
  readonly lines: string[];
  tick(milliseconds: number): void;
  /** Sets the clock to a time in milliseconds after its installation. */
  setTo(milliseconds: number): void;
}

let start = Date.now();

/** Captures the lines on `console.error`, while the clock stands still. */
export function capturePrinted(): Printed {
  // The printer counts per second for the whole process, so each capture starts in a new second.
  const now = start += 60_000;
  const clock = FakeTimers.install({ now, toFake: ["Date"] });
  const { error } = console;
  const lines: string[] = [];
  console.error = (...args: unknown[]) => void lines.push(args.join(" "));
  return {
    lines,
    tick: (milliseconds) => void clock.tick(milliseconds),
    setTo: (milliseconds) => clock.setSystemTime(now + milliseconds),
    [Symbol.dispose]() {
      console.error = error;
      clock.uninstall();
    },
  };
}
