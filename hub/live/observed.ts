import type { PubSubEventTarget, WebSocketLike, WebSocketServerEventTarget } from "@alkdev/pubsub";
import type { Visitor, VisitorSpoke } from "../access.ts";

/** Since when a spoke is there, and by which connection. */
interface Arrival {
  readonly since: number;
  readonly connection: WebSocketLike;
}

/** What the program notes of its hub for the page. */
export class Observed {
  readonly arrivals = new Map<VisitorSpoke, Arrival>();
  readonly startedAt: number = Date.now();
  /** Spokes that were dropped since they read too slowly. */
  slow = 0;
  /** Requests of spokes that were refused. */
  refused = 0;
  /** Requests without a valid token. */
  unauthenticated = 0;
  /** Losses of the bus that were reported to spokes. */
  gaps = 0;

  add(spoke: VisitorSpoke, connection: WebSocketLike): void {
    this.arrivals.set(spoke, { since: Date.now(), connection });
  }

  remove(spoke: VisitorSpoke): void {
    this.arrivals.delete(spoke);
  }
}

/** The hub that the page shows. */
export interface ShownHub {
  readonly hub: WebSocketServerEventTarget<never, never, Visitor>;
  readonly bus: PubSubEventTarget;
  readonly busName: string;
  /** Whether listening to everything costs nothing but the call: the bus is in this process. */
  readonly isOwnBus: boolean;
  readonly url: string;
  readonly version: string;
  readonly observed: Observed;
}
