import type { PubSub } from "@alkdev/pubsub";

export type Events = { "session.status": { state: "idle" | "running" } };

/** Knows which sessions run. After a gap it knows nothing, until it hears of a session again. */
export function watchSessions(pubsub: PubSub<Events>): { running: ReadonlySet<string>; stop: () => void } {
  const running = new Set<string>();
  const stop = pubsub.on("session.status", ({ id, payload }) => {
    if (payload.state === "running") running.add(id);
    else running.delete(id);
  }, { onGap: () => running.clear() });
  return { running, stop };
}
