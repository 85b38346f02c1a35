import type { Channel } from "./channel_table.ts";

/** The most commands that the server has not answered. A client keeps some kilobytes for each. */
const MAX_UNANSWERED = 1000;

/**
 * Holds back the commands beyond a number that the server has not answered. A server that hangs would otherwise be sent
 * the channels of all spokes that come and go meanwhile.
 */
export class CommandWindow {
  readonly #onRoom: (channel: Channel) => void;
  #unanswered = { count: 0 };
  readonly #held = new Set<Channel>();

  /** @param onRoom Called with a channel that was held back, once its command can be sent. */
  constructor(onRoom: (channel: Channel) => void) {
    this.#onRoom = onRoom;
  }

  /** Whether the command of a channel can be sent now. If it cannot, the channel is held back. */
  admit(channel: Channel): boolean {
    const isFull = this.#unanswered.count >= MAX_UNANSWERED;
    if (isFull) this.#held.add(channel);
    else this.#held.delete(channel);
    return !isFull;
  }

  /** A command is sent. Returns a function to call when it is answered. */
  open(): () => void {
    const unanswered = this.#unanswered;
    unanswered.count++;
    return () => {
      unanswered.count--;
      // Each of them may have become unnecessary, which leaves room for another one.
      for (const channel of this.#held) {
        if (this.#unanswered.count >= MAX_UNANSWERED) return;
        this.#held.delete(channel);
        this.#onRoom(channel);
      }
    };
  }

  /** The channel needs no command any more. */
  forget(channel: Channel): void {
    this.#held.delete(channel);
  }

  /** The connection is lost: its commands may never be answered. */
  reset(): void {
    this.#unanswered = { count: 0 };
    this.#held.clear();
  }
}
