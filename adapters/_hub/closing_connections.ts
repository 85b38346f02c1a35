import type { Spoke } from "./spoke.ts";

/** How long a connection that closes with an empty socket takes the place of a spoke, in milliseconds. */
const PLACE_MS = 30_000;

/** The longest time that a connection closes if its socket was full when the peer ended half of it, in milliseconds. */
const UNSENT_MS = 600_000;

/** How often the clock is read for these, in milliseconds. */
const SWEEP_MS = 1000;

/**
 * The connections that have ended and whose sockets are still closing. Some close for ever: Deno keeps the socket of a peer that does not
 * answer a close. A socket that holds something costs memory, so that it keeps its place among the connections. An empty
 * one keeps it for half a minute. No timer runs for that: the clock is read when somebody asks.
 */
export class ClosingConnections<TConnection> {
  readonly #spokes = new Map<TConnection, Spoke<TConnection>>();
  /** The connections that take a place: until a time, by `performance.now()`, in this order, or until they are released. */
  readonly #places = new Map<TConnection, number>();
  readonly #fullPlaces = new Set<TConnection>();
  #nextSweep = 0;

  get size(): number {
    this.#sweep(performance.now());
    return this.#spokes.size;
  }

  /** How many places they take. */
  get places(): number {
    const now = performance.now();
    this.#sweep(now);
    for (const [connection, until] of this.#places) {
      if (until > now) break;
      this.#places.delete(connection);
    }
    return this.#places.size + this.#fullPlaces.size;
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

  /** Forgets a connection. */
  release({ connection }: Spoke<TConnection>): void {
    this.#spokes.delete(connection);
    this.#places.delete(connection);
    this.#fullPlaces.delete(connection);
  }

  /** Forgets the connections whose runtime does not report that they are over. */
  #sweep(now: number): void {
    if (now < this.#nextSweep) return;
    this.#nextSweep = now + SWEEP_MS;
    for (const spoke of this.#spokes.values()) {
      const { keepsUnsentSince: since, session } = spoke;
      if (since !== undefined && now >= since + (session.closedFull ? UNSENT_MS : PLACE_MS)) {
        this.release(spoke);
      }
    }
  }
}
