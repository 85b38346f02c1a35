import { assertBound, assertCount } from "../arguments.ts";
import type { MemoryHistory } from "../history_source.ts";
import type { EventEnvelope } from "../types.ts";
import { declaredTypes } from "./declared_types.ts";
import { MemoryLog } from "./memory_log.ts";
import { OwnHistory } from "./own_history.ts";
import type { HistoryBounds } from "./type_log.ts";

/** Bounds of all events that a history keeps. */
export interface MemoryHistoryOptions {
  /**
   * The largest number of bytes of all kept events. Beyond it, the oldest events of all types are forgotten. The payload of an
   * event is estimated once, when it is published.
   *
   * @default 67_108_864
   */
  readonly maxBytes?: number;
  /**
   * The largest number of ids of one type. Beyond it, the id whose last event is the oldest is forgotten.
   *
   * @default 100_000
   */
  readonly maxIds?: number;
}

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;
const DEFAULT_MAX_IDS = 100_000;

/**
 * Creates a history in memory, for the option `history` of {@linkcode createInProcessEventTarget}. It keeps the events of the
 * declared types: subscriptions of these can begin in the past, with the option `from`.
 *
 * It lives as long as the process: positions of an earlier process get a gap. Kept payloads must not be changed.
 *
 * @example Begin with the current state of everything
 * ```ts
 * import { createInProcessEventTarget, createPubSub } from "@alkdev/pubsub";
 * import { createMemoryHistory } from "@alkdev/pubsub/history";
 * import { assertEquals } from "@std/assert";
 *
 * type Events = { "session.status": { state: "idle" | "running" } };
 * const history = createMemoryHistory({ "session.status": { perId: 1 } });
 * const pubsub = createPubSub<Events>({ eventTarget: createInProcessEventTarget({ history }) });
 *
 * pubsub.publish("session.status", "proj_1", { state: "running" });
 * pubsub.publish("session.status", "proj_1", { state: "idle" });
 * const statuses = pubsub.subscribe("session.status", { from: "latest" });
 * const { value } = await statuses.next();
 * assertEquals(value?.payload.state, "idle");
 * ```
 *
 * @param types The event types to keep, each with its bounds.
 * @param options The bounds of all types together.
 * @returns A history for one event target.
 * @throws {TypeError} If an event type is invalid, or its bounds are not an object.
 * @throws {RangeError} If a bound is out of range.
 */
export function createMemoryHistory(
  types: Readonly<Record<string, HistoryBounds>>,
  options: MemoryHistoryOptions = {},
): MemoryHistory<EventEnvelope> {
  const { maxBytes = DEFAULT_MAX_BYTES, maxIds = DEFAULT_MAX_IDS } = options;
  assertBound("maxBytes", maxBytes, 1);
  assertCount("maxIds", maxIds, 1);
  const bounds = new Map(
    declaredTypes(types).map(([type, own]) => {
      const { perId = Infinity, perType = Infinity, ttlMs = Infinity } = own;
      assertBound("perId", perId, 1);
      assertBound("perType", perType, 1);
      assertBound("ttlMs", ttlMs, 1);
      return [type, { perId, perType, ttlMs, maxIds }];
    }),
  );
  return new OwnHistory(new MemoryLog(bounds, maxBytes));
}
