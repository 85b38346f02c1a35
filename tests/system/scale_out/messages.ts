import type { HubAccount, LinkAccount } from "./accounts.ts";

/** The events between spokes. Each spoke has a room, and receives all events of the room, also its own. */
export type RoomEvents = {
  "room.said": Said;
};

/** An event of a spoke, numbered from 0. */
export interface Said {
  /** The name of the spoke: `17.0` is the first life of spoke 17. */
  readonly from: string;
  /** When that life began, in milliseconds since 1970. */
  readonly since: number;
  readonly n: number;
  /** Whether it is the last event of the spoke. */
  readonly last: boolean;
}

/** A message of a hub, as one line of JSON. */
export type HubMessage =
  | HubAccount
  | { readonly kind: "listening"; readonly port: number }
  /** Its upstream is back after a loss. */
  | { readonly kind: "gap" };

/** A message of a process of spokes, as one line of JSON. */
export type SpokesMessage =
  | LinkAccount
  /** All its spokes are subscribed. */
  | { readonly kind: "ready" }
  /** The hubs of all its spokes have answered since the command. */
  | { readonly kind: "settled" }
  /** The status of a spoke has changed. */
  | { readonly kind: "status"; readonly spoke: string; readonly gap: boolean; readonly at: number }
  /** It is about to publish. */
  | { readonly kind: "said"; readonly spoke: string; readonly n: number; readonly at: number }
  /** A spoke has received event `n` of another spoke instead of the one after `after`. */
  | {
    readonly kind: "jumped";
    readonly spoke: string;
    readonly from: string;
    readonly after: number;
    readonly n: number;
  }
  /** A spoke has received the last event of each spoke in its room. */
  | { readonly kind: "complete"; readonly spoke: string; readonly heard: number };

/** Prints a message for the process that started this one. */
export function tell(message: HubMessage | SpokesMessage): void {
  console.log(JSON.stringify(message));
}
