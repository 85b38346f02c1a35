import type { EnvelopeOf, EventEnvelope, PubSub } from "@alkdev/pubsub";
import { createMemoryHistory, type MemoryHistory } from "@alkdev/pubsub/history";

export type Events = { "machine.status": { state: "up" | "down"; load: number } | { removed: true } };

/** Keeps the latest event of each machine. Give it to the hub: `createWebSocketServerEventTarget({ history })`. */
export function createStatusHistory(): MemoryHistory<EventEnvelope> {
  return createMemoryHistory({ "machine.status": { perId: 1 } });
}

/** The state of everything, and its changes. */
export interface Dashboard extends Disposable {
  readonly machines: ReadonlyMap<string, EnvelopeOf<Events>["payload"]>;
}

/** Shows the state of all machines: at first as it is, then after each change. A link needs `resume: createResume()`. */
export function createDashboard(pubsub: PubSub<Events>, onChange: () => void): Dashboard {
  const machines = new Map<string, EnvelopeOf<Events>["payload"]>();
  const stop = pubsub.on("machine.status", ({ id, payload }) => {
    if ("removed" in payload) machines.delete(id);
    else machines.set(id, payload);
    onChange();
  }, {
    from: "latest",
    // The hub has lost its history, for example by a restart. What it knows now follows.
    onGap() {
      machines.clear();
      onChange();
    },
  });
  return { machines, [Symbol.dispose]: stop };
}
