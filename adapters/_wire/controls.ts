import type { PayloadIssue } from "../../core/defined_events.ts";
import type { ReplayControl, ReplayedControl } from "./history_controls.ts";

/** The capabilities of one end of a wire. */
export interface Hello {
  /** The protocol version. */
  readonly version: number;
  /** Whether it reads frames of several envelopes. */
  readonly batch: boolean;
  /** The largest frame that it accepts, in bytes. */
  readonly maxFrameBytes?: number;
  /** Whether a link wants its own events back from a hub with an upstream; by default it does. */
  readonly echo?: boolean | undefined;
  /** Whether it accepts deflated frames. */
  readonly deflate?: boolean | undefined;
  /** How long it waits for a sign of life before it asks for one, in milliseconds. */
  readonly heartbeatMs?: number;
  /** Whether it replays events of the past, or reads them. */
  readonly history?: boolean | undefined;
  /** Whether it asks for the rejections of its events, also of a hub that sends none by itself. */
  readonly rejections?: boolean | undefined;
}

/** The members of a hello that only links send. */
export interface LinkHello {
  /** Whether it wants its own events back. */
  readonly echo?: boolean | undefined;
  /** The secret by which a hub recognizes the link over its connections. */
  readonly link: string;
  /** The number of this connection of the link, from 1. */
  readonly connection: number;
  /** The credentials of the link. */
  readonly credentials?: unknown;
  /** Whether it reads events of the past. */
  readonly history?: boolean | undefined;
}

/** A topic that was refused. */
export interface RefusedTopic {
  /** The topic, as it was asked for. */
  readonly topic: string;
  /** The reason, for people. */
  readonly reason: string;
  /** Further topics that were refused for the same reason. */
  readonly also?: readonly string[];
}

/**
 * The messages of the [wire protocol](https://github.com/alkdev/pubsub/blob/main/docs/architecture/wire-protocol.md)
 * beside events.
 */
export type Control =
  /** Both directions. */
  | {
    readonly kind: "hello";
    readonly hello: Hello;
    /** The payload that arrived, unchecked, if it has the identity of a link or credentials. */
    readonly who?: unknown;
  }
  /** Spoke to hub. */
  | {
    readonly kind: "subscribe";
    readonly ref: string;
    readonly topics: readonly string[];
    /** `Since[]`, parallel to `topics`; unchecked once it has arrived. */
    readonly since?: unknown;
  }
  /** Spoke to hub. */
  | {
    readonly kind: "unsubscribe";
    readonly ref: string;
    readonly topics: readonly string[];
    /**
     * The ref of a `__subscribe`: only its replays of these topics end, or without topics all of them. The topics stay
     * subscribed.
     */
    readonly replay?: string;
  }
  /** Hub to spoke: the answer to a subscribe. */
  | {
    readonly kind: "subscribed";
    readonly ref: string;
    readonly topics: readonly string[];
    readonly refused: readonly RefusedTopic[];
    /** `(TopicHistory | null)[]`, parallel to `topics`, for a peer that reads the past; unchecked once it has arrived. */
    readonly history?: unknown;
  }
  /** Hub to spoke. */
  | ReplayControl
  | ReplayedControl
  /** Hub to spoke. */
  | { readonly kind: "revoked"; readonly refused: readonly RefusedTopic[] }
  /** Hub to spoke. */
  | { readonly kind: "gap"; readonly topics?: readonly string[] }
  /** Hub to spoke: whether the hub's upstream is there. If not, the outage is this many hubs away; by default it is the first. */
  | { readonly kind: "upstream"; readonly up: boolean; readonly hops?: number }
  /** Hub to spoke: an event was refused, and `more` ones before it without a message of their own. */
  | {
    readonly kind: "rejected";
    readonly topic: string;
    readonly reason: string;
    readonly issues?: readonly PayloadIssue[];
    readonly more?: number;
  }
  /** Only the other side sends it. */
  | { readonly kind: "misdirected"; readonly name: string }
  /** Both directions: a question, and its answer. */
  | { readonly kind: "ping" | "pong"; readonly ref: string }
  /** Both directions. */
  | { readonly kind: "bye"; readonly code?: number; readonly reason?: string };

/** The hello of one end of a wire. */
export interface OwnHello extends Partial<LinkHello> {
  /** The largest frame that it accepts, in bytes; infinite if there is no bound. */
  readonly maxFrameBytes: number;
  /** How long it waits for a sign of life, in milliseconds; infinite if it does not ask. */
  readonly heartbeatMs: number;
  readonly deflate?: boolean | undefined;
  readonly history?: boolean | undefined;
}
