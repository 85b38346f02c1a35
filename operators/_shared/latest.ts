import { SingleSource } from "./single_source.ts";

/**
 * An operator that drops values on purpose. It holds the latest of them back for a while, and reads its
 * source as fast as that gives; what it gives to nobody who waits is replaced by what it gives next.
 */
export abstract class Latest<T> extends SingleSource<T, T> {
  #held: { readonly value: T } | undefined;

  /** Holds a value back, instead of what was held before. */
  protected hold(value: T): void {
    this.#held = { value };
  }

  /** Gives what is held back, if there is something. */
  protected release(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) this.give(held.value);
  }

  /** Gives a value. */
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
