import { CLOSE_DEADLINE_MS } from "../../core/arguments.ts";
import { ignore } from "../../core/ignore.ts";
import type { Outbox } from "./outbox.ts";

/** The orderly end of a session: what waits is sent, then the wire is closed. */
export interface Closing {
  /** Resolves when the session has ended. */
  readonly done: Promise<void>;
  /** Closes the wire, unless events wait that cannot leave before the wire opens or the hub says hello. */
  proceed(): void;
  /** The session has ended. */
  end(): void;
}

/** Starts an orderly end, which takes a second and a half at most. At that deadline, `giveUp` follows `closeWire`. */
export function startClosing(outbox: Outbox, closeWire: () => void, giveUp: () => void): Closing {
  let end = ignore;
  const done = new Promise<void>((resolve) => end = resolve);
  let isClosed = false;
  const closeOnce = (): void => {
    if (isClosed) return;
    isClosed = true;
    closeWire();
  };
  const deadline = setTimeout(() => {
    closeOnce();
    giveUp();
  }, CLOSE_DEADLINE_MS);
  return {
    done,
    proceed() {
      if (isClosed) return;
      outbox.flushForClose();
      if (outbox.queue.size === 0) closeOnce();
    },
    end() {
      clearTimeout(deadline);
      end();
    },
  };
}
