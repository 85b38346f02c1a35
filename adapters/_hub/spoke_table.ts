import type { Spoke } from "./spoke.ts";

/** A hub's spokes by connection, including those whose socket is still closing. */
export class SpokeTable<TConnection> {
  readonly #open = new Map<TConnection, Spoke<TConnection>>();
  /** Spokes that have ended, while their connections close. */
  readonly #closing = new Map<TConnection, Spoke<TConnection>>();

  /** The number of spokes that have not ended. */
  get count(): number {
    return this.#open.size;
  }

  get closingCount(): number {
    return this.#closing.size;
  }

  /** A copy of the spokes that have not ended. */
  get spokes(): Spoke<TConnection>[] {
    return [...this.#open.values()];
  }

  findOpen(connection: TConnection): Spoke<TConnection> | undefined {
    return this.#open.get(connection);
  }

  findOpenOrClosing(connection: TConnection): Spoke<TConnection> | undefined {
    return this.#open.get(connection) ?? this.#closing.get(connection);
  }

  add(spoke: Spoke<TConnection>): void {
    this.#open.set(spoke.connection, spoke);
    spoke.attached = true;
  }

  delete(spoke: Spoke<TConnection>): void {
    this.#open.delete(spoke.connection);
    spoke.attached = false;
  }

  /** The connection of a spoke closes. */
  addClosing(spoke: Spoke<TConnection>): void {
    this.#closing.set(spoke.connection, spoke);
  }

  /** The connection of a spoke has closed. */
  deleteClosing(spoke: Spoke<TConnection>): void {
    if (this.#closing.get(spoke.connection) === spoke) this.#closing.delete(spoke.connection);
  }
}
