import { randomUUID } from "node:crypto";
import type { PubSubEventTarget, WebSocketLike, WebSocketServerEventTarget } from "@alkdev/pubsub";
import type { Visitor, VisitorSpoke } from "../access.ts";
import type { Neighbours } from "./neighbours.ts";

/** The number of a spoke, since when it is there, and by which connection. */
interface Arrival {
  readonly number: number;
  readonly since: number;
  readonly connection: WebSocketLike;
}

/** The facts that the program notes of its hub for the page, beside the numbers of `stats()`. */
export class Observed {
  readonly id: string = randomUUID();
  readonly arrivals = new Map<VisitorSpoke, Arrival>();
  readonly startedAt: number = Date.now();
  /** Spokes that were dropped because they read too slowly. */
  slow = 0;
  /** Requests without a valid token. */
  unauthenticated = 0;
  #number = 0;

  add(spoke: VisitorSpoke, connection: WebSocketLike): void {
    this.arrivals.set(spoke, { number: ++this.#number, since: Date.now(), connection });
  }

  remove(spoke: VisitorSpoke): void {
    this.arrivals.delete(spoke);
  }

  find(number: number): VisitorSpoke | undefined {
    for (const [spoke, arrival] of this.arrivals) if (arrival.number === number) return spoke;
    return undefined;
  }
}

/** The hub that the page shows. */
export interface ShownHub {
  readonly hub: WebSocketServerEventTarget<never, never, Visitor>;
  readonly bus: PubSubEventTarget;
  readonly busName: string;
  readonly url: string;
  readonly observed: Observed;
  /** The hubs of the same Redis. */
  readonly neighbours: Neighbours | undefined;
}
