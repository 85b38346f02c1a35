import { SingleSource } from "./single_source.ts";

/**
 * An operator that drops values on purpose. It holds the latest one back for a while, and reads its source as fast as
 * the source yields.
 */
export abstract class Latest<T> extends SingleSource<T, T> {
  #held: { readonly value: T } | undefined;

  /** Holds a value back, and drops the one that was held before. */
  protected hold(value: T): void {
    this.#held = { value };
  }

  /** Yields the value that is held back, if any. */
  protected release(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) this.give(held.value);
  }

  protected give(value: T): void {
    this.push(value);
  }

  override onDone(): void {
    this.release();
    this.end();
  }

  override onError(error: unknown): void {
    this.release();
    this.fail(error);
  }
}
