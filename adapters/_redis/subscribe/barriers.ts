import { isRefusal } from "../client.ts";

const RETRY_MS = 500;

/** Waits for an answer of the server on the subscribing connection, which comes after all messages that it sent before. */
export class Barriers {
  /** The functions that end the waits. */
  readonly #ends = new Set<() => void>();

  /**
   * Resolves when the server has answered, if only with a refusal, or with {@linkcode end}. A client can give up on a command
   * that the server still answers, such as with `commandTimeout`: then `ask` is called again.
   */
  async wait(ask: () => Promise<unknown>): Promise<void> {
    let end = (): void => {};
    const ended = new Promise<boolean>((resolve) => end = () => resolve(true));
    this.#ends.add(end);
    for (let isOver = false; !isOver;) {
      isOver = await Promise.race([ended, isAnswered(ask)]) || await pause(ended);
    }
    this.#ends.delete(end);
  }

  /** The connection is lost. Some clients never answer then. */
  end(): void {
    for (const end of this.#ends) end();
  }
}

async function isAnswered(ask: () => Promise<unknown>): Promise<boolean> {
  try {
    await ask();
    return true;
  } catch (error) {
    return isRefusal(error);
  }
}

/** Waits before the next attempt. Returns whether that is not needed any more. */
async function pause(ended: Promise<boolean>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const isOver = await Promise.race([
    ended,
    new Promise<boolean>((resolve) => timer = setTimeout(() => resolve(false), RETRY_MS)),
  ]);
  clearTimeout(timer);
  return isOver;
}
