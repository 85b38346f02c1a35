// @ts-types="./_react.d.ts"
import { useCallback, useSyncExternalStore } from "react";
import type { EventTargetStatus, PubSub, PubSubEventTarget } from "../mod.ts";

const OPEN: EventTargetStatus = { state: "open" };
const CONNECTING: EventTargetStatus = { state: "connecting" };

/**
 * The status of an event target. The component renders again whenever the status changes.
 *
 * A foreign `EventTarget` is always `open`. A server renders `connecting`, because its own connection is another one.
 *
 * @example Show the state of the connection
 * ```tsx ignore
 * function Connection() {
 *   const { state, gap, degraded } = useStatus(pubsub);
 *   return <output>{gap ? "events may be missing" : degraded ? "degraded" : state}</output>;
 * }
 * ```
 *
 * @param source The event target, or a PubSub over it.
 * @returns The current status.
 */
export function useStatus(source: Pick<PubSub, "eventTarget"> | EventTarget): EventTargetStatus {
  const target = "eventTarget" in source ? source.eventTarget : source;
  const subscribe = useCallback((onChange: () => void) => {
    target.addEventListener("statuschange", onChange);
    return () => target.removeEventListener("statuschange", onChange);
  }, [target]);
  return useSyncExternalStore(subscribe, () => statusOf(target), () => CONNECTING);
}

function statusOf(target: EventTarget & Partial<Pick<PubSubEventTarget, "status">>): EventTargetStatus {
  return target.status ?? OPEN;
}
