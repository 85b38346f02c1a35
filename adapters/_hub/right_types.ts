import type { HistoryFrom } from "../../core/history_source.ts";
import type { EventEnvelope } from "../../core/types.ts";
import type { SpokeEventTarget } from "./spoke_types.ts";

/** Passed to `authorize`: may this spoke do this? */
export interface AuthorizeRequest<TSpoke extends SpokeEventTarget = SpokeEventTarget> {
  /** The spoke that asks. It may have ended meanwhile. */
  readonly spoke: TSpoke;
  /** The action that it asks for. */
  readonly action: "subscribe" | "publish";
  /** The event type; `undefined` for a subscription to `*`, which is every event of every type. */
  readonly type: string | undefined;
  /** The id; `undefined` for a subscription to a bare type, which is every id of it, or to `*`. */
  readonly id: string | undefined;
  /** Where the subscription begins, if it asks for events of the past; `undefined` for live events only. */
  readonly from?: HistoryFrom | undefined;
}

/**
 * Decides what a spoke may do. Any answer but exactly `true` refuses, and so does an error. `"live"` allows a subscription
 * without the past: no event of the past is sent, and the spoke gets a gap if it has asked for any.
 */
export type Authorize<TSpoke extends SpokeEventTarget = SpokeEventTarget> = (
  request: AuthorizeRequest<TSpoke>,
) => boolean | "live" | Promise<boolean | "live">;

/**
 * Decides whether a spoke may publish an event with this payload, which is as it was received. Any answer but exactly `true`
 * refuses, and so does an error.
 */
export type AuthorizeEvent<TSpoke extends SpokeEventTarget = SpokeEventTarget> = (
  spoke: TSpoke,
  envelope: EventEnvelope,
) => boolean | Promise<boolean>;

/**
 * Returns the context of a spoke, or `undefined`, `null` or `false` to refuse it. The credentials are a value of any kind,
 * `undefined` without any. `spoke.context` is still the one that `addConnection` was given.
 */
export type Authenticate<TSpoke extends SpokeEventTarget = SpokeEventTarget> = (
  spoke: TSpoke,
  credentials: unknown,
) => TSpoke["context"] | undefined | null | false | Promise<TSpoke["context"] | undefined | null | false>;
