import {
  createPubSub,
  createWebSocketServerEventTarget,
  type PubSub,
  type WebSocketServerEventTarget,
} from "@alkdev/pubsub";

export type Events = { "presence.asked": void; "presence.changed": { online: string[] } };

export interface User {
  readonly name: string;
}

/** A hub that publishes the users that are online. A user with three tabs is online once. */
export function createPresenceHub(): WebSocketServerEventTarget<never, WebSocket, User> {
  const connections = new Map<string, number>();
  const publish = () => pubsub.publish("presence.changed", "", { online: [...connections.keys()].sort() });
  const count = (name: string, change: number) => {
    const total = (connections.get(name) ?? 0) + change;
    if (total > 0) connections.set(name, total);
    else connections.delete(name);
    if (total === (change > 0 ? 1 : 0)) publish();
  };
  const hub = createWebSocketServerEventTarget<never, WebSocket, User>({
    // Without a heartbeat, a user whose network has gone stays online.
    heartbeatMs: 25_000,
    authorize: ({ action, type }) => type === (action === "publish" ? "presence.asked" : "presence.changed"),
    onConnection: ({ context }) => count(context.name, 1),
    onDisconnection: ({ context }) => count(context.name, -1),
  });
  const pubsub = createPubSub<Events>({ eventTarget: hub });
  pubsub.on("presence.asked", publish);
  return hub;
}

/** Calls a function with the users that are online, now and after each change. */
export function watchPresence(pubsub: PubSub<Events>, onChange: (online: string[]) => void): () => void {
  const ask = () => pubsub.publish("presence.asked", "");
  return pubsub.on("presence.changed", "", ({ payload }) => onChange(payload.online), {
    onReady: ask,
    onGap: ask,
  });
}
