import FakeTimers from "@sinonjs/fake-timers";

/** What the default printer prints, and the clock that it reads. */
export interface Printed extends Disposable {
  readonly lines: string[];
  tick(milliseconds: number): void;
  /** Sets the clock to that many milliseconds after it was installed. */
  setTo(milliseconds: number): void;
}

let start = Date.now();

/** Keeps what is printed to `console.error`, while the clock stands still. */
export function capturePrinted(): Printed {
  // The printer counts per second, for the whole process: each capture starts in a second of its own.
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
