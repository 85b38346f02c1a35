/** What the spokes say to each other: each has a room, and hears what is said there, by itself too. */
export type RoomEvents = {
  "room.said": Said;
};

/** One of the things that a spoke says, numbered from 0. */
export interface Said {
  /** Which spoke of which process: `17.0` is the first life of spoke 17. */
  readonly from: string;
  /** When that life began, in milliseconds since 1970. */
  readonly since: number;
  readonly n: number;
  /** It has nothing more to say. */
  readonly last: boolean;
}

/** What a hub prints, an object a line. */
export type HubMessage =
  | { readonly kind: "listening"; readonly port: number }
  /** Its upstream is there again after a loss. */
  | { readonly kind: "gap" };

/** What a process of spokes prints, an object a line. */
export type SpokesMessage =
  /** All its spokes are subscribed. */
  | { readonly kind: "ready" }
  /** Its spokes have all been answered by their hubs since it was asked. */
  | { readonly kind: "settled" }
  /** The status of a spoke has changed. */
  | { readonly kind: "status"; readonly spoke: string; readonly gap: boolean; readonly at: number }
  /** It is about to publish. */
  | { readonly kind: "said"; readonly spoke: string; readonly n: number; readonly at: number }
  /** A spoke has heard from another what was not next: `n` instead of the one after `after`. */
  | {
    readonly kind: "jumped";
    readonly spoke: string;
    readonly from: string;
    readonly after: number;
    readonly n: number;
  }
  /** A spoke has heard the last word of each in its room. */
  | { readonly kind: "complete"; readonly spoke: string; readonly heard: number };

/** Prints a message for whoever started this process. */
export function tell(message: HubMessage | SpokesMessage): void {
  console.log(JSON.stringify(message));
}
