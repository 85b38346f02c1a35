import {
  createPubSub,
  createWebSocketClientEventTarget,
  createWorkerHostEventTarget,
  createWorkerThreadEventTarget,
  type PubSub,
  type TypedEvent,
  type WorkerHostEventTarget,
  type WorkerLike,
} from "@alkdev/pubsub";

/** In the shared worker: one link to the hub, and a host of which all tabs are spokes. The link is the bus of both. */
export function hostTabs(url: string): WorkerHostEventTarget<TypedEvent, WorkerLike> {
  const upstream = createWebSocketClientEventTarget(() => new WebSocket(url));
  // A tab that is closed says nothing. The heartbeat finds out.
  return createWorkerHostEventTarget<TypedEvent, WorkerLike>([], { upstream, heartbeatMs: 30_000 });
}

/** In a tab: a PubSub over the socket that all tabs share. */
export function joinTabs<TEventMap extends { [K in keyof TEventMap]: unknown }>(
  openPort: () => WorkerLike,
): PubSub<TEventMap> {
  return createPubSub<TEventMap>({ eventTarget: createWorkerThreadEventTarget(openPort) });
}

// The shared worker, hub.js:
//
//     const host = hostTabs("wss://hub.example/events");
//     self.onconnect = ({ ports: [port] }) => host.addWorker(port);
//
// Each tab:
//
//     const pubsub = joinTabs(() => new SharedWorker("hub.js", { type: "module" }).port);
