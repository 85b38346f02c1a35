import { assertCount } from "../../../core/arguments.ts";
import type { ResumeFactory } from "../create_link.ts";
import type { Resume } from "../link_past.ts";
import { ResumedLink } from "./resumed_link.ts";

/** Options of {@linkcode createResume}. */
export interface ResumeOptions {
  /**
   * How many events of the past can wait for the reader of a subscription, beside its `capacity`. Beyond it, the option
   * `overflow` of the subscription applies. It should not be below the hub's `maxReplay`.
   *
   * @default 100_000
   */
  readonly maxUnread?: number;
}

/**
 * Creates the option `resume` of a link. With it, subscriptions of the link can begin in the past of the hub, with the option
 * `from`, and each subscription continues where it stood after a loss of the connection. It needs a hub with a history.
 *
 * After a loss, `onStatus` is called with `open` when the hub has acknowledged every topic. When the missed events have
 * arrived, it is called with `open` once more: with `recovered: true` if nothing is missing, else with `gap: true`.
 *
 * @example A subscription that survives the loss of its connection
 * ```ts ignore
 * import { createPubSub, createWebSocketClientEventTarget } from "@alkdev/pubsub";
 * import { createResume } from "@alkdev/pubsub/history";
 *
 * type Events = { "session.status": { state: "idle" | "running" } };
 * await using eventTarget = createWebSocketClientEventTarget(() => new WebSocket("wss://hub.example/events"), {
 *   resume: createResume(),
 *   onStatus: ({ state, recovered, gap }) => console.log(state, recovered, gap),
 * });
 * const pubsub = createPubSub<Events>({ eventTarget });
 *
 * const statuses = pubsub.subscribe("session.status", { from: "latest" });
 * for await (const { id, payload } of statuses) console.log(id, payload.state);
 * ```
 *
 * @param options A bound.
 * @returns An option of links, which several links can share.
 * @throws {RangeError} If the bound is out of range.
 */
export function createResume({ maxUnread = 100_000 }: ResumeOptions = {}): Resume {
  assertCount("maxUnread", maxUnread, 0);
  const factory: ResumeFactory = {
    maxUnread,
    createLink: (...args) => new ResumedLink(...args),
  };
  return factory;
}
