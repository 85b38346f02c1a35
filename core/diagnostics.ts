import type { ErrorContext, EventTargetStatus, PubSubEventTarget } from "./types.ts";

/**
 * The messages on the channels of `node:diagnostics_channel`, by the names of the channels. Node, Deno and Bun have such
 * channels. Nothing is made for a channel that nobody listens to.
 *
 * @example Log the subscriptions of all spokes of the process
 * ```ts
 * import { subscribe } from "node:diagnostics_channel";
 * import type { Diagnostics } from "@alkdev/pubsub";
 *
 * subscribe("@alkdev/pubsub:subscription", (message) => {
 *   const { topic, active } = message as Diagnostics["@alkdev/pubsub:subscription"];
 *   console.debug(active ? "subscribed to" : "unsubscribed from", topic);
 * });
 * ```
 */
export interface Diagnostics {
  /** An event target has a new status. Of a spoke on a hub, `closed` has the close code. */
  readonly "@alkdev/pubsub:status": {
    /** The event target. */
    readonly target: PubSubEventTarget;
    /** Its status. */
    readonly status: EventTargetStatus;
  };
  /** A fault is reported, before `onError` is called. */
  readonly "@alkdev/pubsub:fault": ErrorContext & {
    /** What was thrown, or what the library reports. */
    readonly error: unknown;
  };
  /** A spoke of a hub is subscribed to a topic, or is not any more. */
  readonly "@alkdev/pubsub:subscription": {
    /** The event target of the spoke. */
    readonly target: PubSubEventTarget;
    /** The topic, as the spoke named it. */
    readonly topic: string;
    /** Whether it is subscribed now. */
    readonly active: boolean;
  };
  /** A spoke of a hub is refused a topic, or the right to it was withdrawn. */
  readonly "@alkdev/pubsub:refusal": {
    /** The event target of the spoke. */
    readonly target: PubSubEventTarget;
    /** The topic, as the spoke named it. */
    readonly topic: string;
    /** The reason that the spoke is given. */
    readonly reason: string;
    /** Who refused it: as in `stats().subscribers.refused` of the hub. */
    readonly by: string;
  };
}

/** A channel. */
interface Channel<T> {
  readonly hasSubscribers: boolean;
  publish(message: T): void;
}

/** The part of `node:diagnostics_channel` that is used. */
interface Channels {
  channel<T>(name: string): Channel<T>;
}

interface Process {
  getBuiltinModule?(name: string): Channels | undefined;
}

/** Not imported: a page has no such module, and its bundler would look for it. */
const channels = /* @__PURE__ */ findChannels();

function findChannels(): Channels | undefined {
  const { process }: { process?: Process } = globalThis;
  return process?.getBuiltinModule?.("node:diagnostics_channel");
}

/** The channel of a name, where there are channels. Its users ask whether it has subscribers before they make a message. */
export function diagnosticsChannel<K extends keyof Diagnostics>(
  name: K,
): Channel<Diagnostics[K]> | undefined {
  return channels?.channel(name);
}
