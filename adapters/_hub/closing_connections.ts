import type { Spoke } from "./spoke.ts";

/** How long a connection that closes with an empty socket takes the place of a spoke, in milliseconds. */
const PLACE_MS = 30_000;

/** The same for a connection that has ended with a full socket, when the runtime does not report the end of that. */
const LEFT_MS = 600_000;

/**
 * The connections that have ended and whose sockets are still closing. Some close for ever: Deno keeps the socket of a peer that does not
 * answer a close. A socket that holds something costs memory, so that it keeps its place among the connections. An empty
 * one keeps it for half a minute. No timer runs: whoever asks for the places looks at the clock.
 */
export class ClosingConnections<TConnection> {
  readonly #spokes = new Map<TConnection, Spoke<TConnection>>();
  /** The connections that take a place: until a time, by `performance.now()`, in this order, or until they are released. */
  readonly #places = new Map<TConnection, number>();
  readonly #fullPlaces = new Set<TConnection>();
  /** Until when each of the places is taken whose sockets nothing is heard of any more, in this order. */
  #left: number[] = [];

  get size(): number {
    return this.#spokes.size + this.#leftPlaces;
  }

  /** How many places they take. */
  get places(): number {
    const now = performance.now();
    for (const [connection, until] of this.#places) {
      if (until > now) break;
      this.#places.delete(connection);
    }
    return this.#places.size + this.#fullPlaces.size + this.#leftPlaces;
  }

  spokes(): Iterable<Spoke<TConnection>> {
    return this.#spokes.values();
  }

  get(connection: TConnection): Spoke<TConnection> | undefined {
    return this.#spokes.get(connection);
  }

  /** Adds a connection that was a spoke. */
  add(spoke: Spoke<TConnection>): void {
    this.addTurnedAway(spoke);
    if (spoke.session.closedFull) this.#fullPlaces.add(spoke.connection);
    else this.#places.set(spoke.connection, performance.now() + PLACE_MS);
  }

  /** Adds a connection that never was a spoke, and takes no place of one. */
  addTurnedAway(spoke: Spoke<TConnection>): void {
    this.#spokes.set(spoke.connection, spoke);
  }

  /** Forgets a connection. What its socket holds may keep its place. */
  release({ connection, session }: Spoke<TConnection>): void {
    this.#spokes.delete(connection);
    const wasFull = this.#fullPlaces.delete(connection);
    if (!session.keepsUnsent) this.#places.delete(connection);
    else if (wasFull) this.#left.push(performance.now() + LEFT_MS);
  }

  get #leftPlaces(): number {
    if (this.#left.length === 0) return 0;
    const now = performance.now();
    const over = this.#left.findIndex((until) => until > now);
    if (over !== 0) this.#left = over < 0 ? [] : this.#left.slice(over);
    return this.#left.length;
  }
}
