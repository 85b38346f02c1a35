import { MAX_TIMER_MS } from "../../core/arguments.ts";
import { HEARTBEAT_TIMEOUT } from "../_wire/close_codes.ts";
import { AuthenticatingWire } from "./authenticating_wire.ts";
import type { HubBounds } from "./bounds.ts";
import { ClosingConnections } from "./closing_connections.ts";
import type { Spoke } from "./spoke.ts";

/** The connections of a hub: the spokes, and those that have ended and still close. */
export class Connections<TConnection> {
  /** The spokes that have not ended, by connection. */
  readonly spokes = new Map<TConnection, Spoke<TConnection>>();
  readonly closing = new ClosingConnections<TConnection>();
  readonly #bounds: HubBounds;
  readonly #dropsSilentPeers: boolean;

  constructor(bounds: HubBounds, dropsSilentPeers: boolean) {
    this.#bounds = bounds;
    this.#dropsSilentPeers = dropsSilentPeers;
  }

  /** Whether a further connection would become a spoke. */
  get accepts(): boolean {
    return !this.isFull && this.closing.size < this.#bounds.maxClosing;
  }

  /** Whether a further connection is turned away. */
  get isFull(): boolean {
    return this.spokes.size + this.closing.places >= this.#bounds.maxConnections;
  }

  get(connection: TConnection): Spoke<TConnection> | undefined {
    return this.spokes.get(connection) ?? this.closing.get(connection);
  }

  /** Waits for a connection to open, and for its peer to say something where that is asked for. */
  awaitOpen(spoke: Spoke<TConnection>): void {
    const { openTimeoutMs: ms } = this.#bounds;
    if ((!this.#dropsSilentPeers && spoke.session.wire.state === "open") || ms > MAX_TIMER_MS) return;
    spoke.openTimer = setTimeout(() => {
      if (!spoke.connectionTold) {
        const { wire } = spoke.session;
        const isAsking = wire instanceof AuthenticatingWire && wire.isAsking;
        const reason = `not ${isAsking ? "authenticated" : "open"} after ${ms} ms`;
        spoke.drop(HEARTBEAT_TIMEOUT, reason, "connect");
        // Deno never opens the socket of a client that left during the upgrade, and never closes it either.
        // One that has opened since it was closed is released when it has closed.
        if (spoke.session.wire.state === "connecting") this.closing.release(spoke);
      } else if (!spoke.isKnown) {
        spoke.drop(HEARTBEAT_TIMEOUT, `neither hello nor subscription for ${ms} ms`, "connect");
      }
    }, ms);
  }

  /** A connection is open. */
  onOpen(spoke: Spoke<TConnection>): void {
    if (!this.#dropsSilentPeers) stopAwaiting(spoke);
  }

  /** A connection has closed, or belongs to the program again. */
  release(spoke: Spoke<TConnection>): void {
    stopAwaiting(spoke);
    if (this.closing.get(spoke.connection) === spoke) this.closing.release(spoke);
  }

  /** Waits for no connection any more. */
  stop(): void {
    for (const spoke of [...this.spokes.values(), ...this.closing.spokes()]) stopAwaiting(spoke);
  }
}

/** Waits for a spoke no longer. On Deno, a timer that is kept takes 500 bytes. */
function stopAwaiting(spoke: Pick<Spoke, "openTimer">): void {
  clearTimeout(spoke.openTimer);
  spoke.openTimer = undefined;
}
