import type { LinkAccount } from "./accounts.ts";
import type { Position } from "@alkdev/pubsub/history";

/** An event of a room, numbered from 0. */
export interface Numbered {
  readonly n: number;
  /** Whether it is the last event of the room. */
  readonly last: boolean;
}

/** Where a spoke stands: the number of its last event, and its position. */
export interface Standing {
  readonly n: number;
  readonly at: Position;
}

/** A message of a process of spokes, as one line of JSON. */
export type HistorySpokesMessage =
  | LinkAccount
  /** All its spokes are subscribed. */
  | { readonly kind: "ready" }
  /** The hub has answered all its spokes since the command, and none of them misses what it missed during a loss. */
  | { readonly kind: "settled" }
  | ({ readonly kind: "heard"; readonly spoke: number } & Standing)
  /** A spoke has received an event that is not the next one. */
  | { readonly kind: "jumped"; readonly spoke: number; readonly after: number; readonly n: number }
  | { readonly kind: "gap" | "recovered" | "complete"; readonly spoke: number };

/** Prints a message for the process that started this one. */
export function tell(message: HistorySpokesMessage): void {
  console.log(JSON.stringify(message));
}
