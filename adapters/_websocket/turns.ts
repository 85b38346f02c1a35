import { ignore } from "../../core/ignore.ts";

/** The bytes that are read of one socket before other sockets have their turn. */
const TURN_BYTES = 65_536;

/** The bytes that a frame counts beside its payload: a small one takes as long to read as this many bytes. */
const FRAME_BYTES = 64;

/** A socket of `npm:ws`, as far as its reading can be stopped. */
export interface PausableSocket {
  readonly isPaused: boolean;
  pause(): void;
  resume(): void;
}

/**
 * Lets sockets take turns. Node reads up to two megabytes of a socket before it looks at the next one, which can be hundreds
 * of thousands of frames.
 */
export class Turns {
  readonly #socket: PausableSocket;
  #bytes = 0;
  /** How many wait for the turns of others. While any does, nothing is read. */
  #waiting = 0;

  constructor(socket: PausableSocket) {
    this.#socket = socket;
  }

  /** A frame was read. */
  readonly onRead = (payload?: { readonly length?: number }): void => {
    this.#bytes += FRAME_BYTES + (payload?.length ?? 0);
    // One that the program has paused stays paused.
    if (this.#bytes < TURN_BYTES || this.#socket.isPaused) return;
    this.#bytes = 0;
    this.yieldTurn(ignore);
  };

  /** Reads nothing more until other sockets have had their turn, and calls back then. */
  yieldTurn(callback: () => void): void {
    // One that the program has paused stays paused.
    const pauses = this.#waiting > 0 || !this.#socket.isPaused;
    if (pauses && this.#waiting++ === 0) this.#socket.pause();
    onceOthersHaveHadTheirs(() => {
      callback();
      if (pauses && --this.#waiting === 0) this.#socket.resume();
    });
  }
}

function onceOthersHaveHadTheirs(callback: () => void): void {
  // Cast: browsers have neither. With a timer, Node would wait even if no other socket has anything to read. Deno looks at
  // other sockets only when nothing is to be done at once.
  const { Deno, setImmediate = setTimeout } = globalThis as {
    Deno?: { readonly version?: unknown };
    setImmediate?: (callback: () => void) => unknown;
  };
  if (Deno?.version === undefined) setImmediate(callback);
  else setTimeout(callback, 0);
}

/** Whether the reading of a socket can be stopped. */
export function isPausable(socket: object): socket is PausableSocket {
  return "isPaused" in socket && "pause" in socket && "resume" in socket;
}
