import type { Wire } from "../_wire/wire.ts";

/** The bytes that a wire can hold at once: what is sent first overtakes the rest. */
export const WINDOW_BYTES = 256 * 1024;

/** The cost of a frame beside its bytes while it waits in a runtime: about 1,000 bytes on Deno, 250 in `npm:ws`. */
const FRAME_COST = 1024;

/** So many frames cost too little to be counted. */
const FREE_FRAMES = 64;

/** A small integer in V8, which takes no object. */
const UNKNOWN = 2 ** 30 - 1;

/** The most that a runtime adds to the bytes of a frame in what it reports. */
const FRAMING_BYTES = 16;

/** The cost of frames while they wait, in bytes. */
export function costOf(bytes: number, frames: number): number {
  return frames <= FREE_FRAMES ? bytes : bytes + (frames - FREE_FRAMES) * FRAME_COST;
}

/** Frames that were handed over one after the other. */
interface Run {
  /** The bytes that had been handed over after the last of them. */
  readonly end: number;
  readonly frames: number;
}

const NO_RUNS: readonly Run[] = [];

/**
 * The bytes that a wire holds, and those that have left it. Asking the wire is a call out of JavaScript in most runtimes, so it is asked
 * only when an upper bound is too high to answer: in between, its buffer grows by no more than what it is handed.
 */
export class SendWindow {
  /** The bytes that were handed to the wire, in all. */
  handed = 0;
  /** The bytes in the wire that were not handed over here, as far as they are known. */
  foreign = 0;
  /** Whether the wire held something at the last look that it had held at the look before. */
  isStuck = false;
  /** The bytes that had been handed over at the last look. */
  #seen = 0;
  readonly #wire: Pick<Wire, "bufferedBytes">;
  readonly #limit: number;
  /** An upper bound of what the frames in the wire cost, in bytes, once the wire was asked; before, more than any. */
  atMost = UNKNOWN;
  /** The most that the wire holds, by what it last said and was handed since, in bytes. */
  #expected = 0;
  /** The frames since the wire was asked, and those before that may be in the wire. */
  #frames = 0;
  #held = 0;
  /** The latter. */
  #runs = NO_RUNS;

  /** @param limit How much the wire can be handed beyond what has left it, in bytes. */
  constructor(wire: Pick<Wire, "bufferedBytes">, limit: number) {
    this.#wire = wire;
    this.#limit = limit;
  }

  /** Looks at the wire from a timer, and returns the bytes that have left. */
  look(): number {
    const { left, handed } = this;
    this.isStuck = left < this.#seen;
    this.#seen = handed;
    return left;
  }

  /** The bytes that have left the wire, in all. */
  get left(): number {
    return this.handed - Math.max(0, this.bytes - this.foreign);
  }

  /** The bytes in the wire, as the wire reports them. */
  get bytes(): number {
    this.#ask();
    return this.#expected;
  }

  /** The cost of the frames in the wire, in bytes. */
  get cost(): number {
    this.#ask();
    return this.atMost;
  }

  /** Whether the wire can be handed a frame. One that is larger than the window goes alone. */
  hasRoom(bytes: number): boolean {
    if (this.atMost + bytes <= this.#limit) return true;
    return this.cost + bytes <= this.#limit || this.#expected === 0;
  }

  /** Whether the frames in the wire cost more than a number of bytes. */
  exceeds(bytes: number): boolean {
    return this.atMost > bytes && this.cost > bytes;
  }

  /** Adds a frame that was handed over. */
  add(bytes: number): void {
    this.handed += bytes;
    this.#expected += bytes + FRAMING_BYTES;
    if (++this.#frames >= FREE_FRAMES) this.#ask();
    else if (this.atMost < UNKNOWN) this.atMost = costOf(this.#expected, this.#held + this.#frames);
  }

  #ask(): void {
    const exact = bytesIn(this.#wire);
    // A wire without a limit counts by questions to its far end, so that its number jumps.
    if (this.#limit < Infinity) {
      this.foreign = Math.min(exact, this.foreign + Math.max(0, exact - this.#expected));
    }
    this.#expected = exact;
    if (exact === 0) {
      // Mostly so, and without an array.
      this.#runs = NO_RUNS;
      this.#frames = this.#held = this.atMost = 0;
      return;
    }
    const left = this.handed - (exact - this.foreign);
    const run = { end: this.handed, frames: this.#frames };
    const before = this.#runs;
    const runs = this.#frames === 0 ? before : [...before, run];
    this.#runs = runs.filter(({ end }) => end > left);
    this.#frames = 0;
    this.#held = this.#runs.reduce((sum, { frames }) => sum + frames, 0);
    this.atMost = costOf(exact, this.#held);
  }
}

/** Sockets of some platforms do not say what they hold: then nothing waits for them. */
function bytesIn(wire: Pick<Wire, "bufferedBytes">): number {
  try {
    return Number(wire.bufferedBytes) || 0;
  } catch {
    return 0;
  }
}
