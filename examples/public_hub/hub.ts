// A hub for peers that nobody knows: the rights, and every limit. See docs/public_hub.md.

import {
  createInProcessEventTarget,
  createWebSocketServerEventTarget,
  type SpokeEventTarget,
  type TypedEvent,
  type WebSocketLike,
} from "@alkdev/pubsub";

/** The largest message of a peer, in bytes. A server must apply it as well. */
export const MAX_MESSAGE_BYTES = 65_536;

const MAX_CONNECTIONS = 2_000;
const MAX_CONNECTIONS_PER_ADDRESS = 20;

const ORIGINS = new Set(["https://app.example.com"]);

export interface User {
  readonly name: string;
}

export const hub = createWebSocketServerEventTarget<TypedEvent, WebSocketLike, User>({
  upstream: createInProcessEventTarget(), // or one over Redis, for several hubs

  // Everybody reads news and writes to rooms; a user reads one inbox. All else is refused.
  authorize({ spoke, action, type, id }) {
    if (type === "news") return action === "subscribe";
    if (type === "room") return id !== undefined;
    return type === "inbox" && action === "subscribe" && id === spoke.context.name;
  },
  owner: (spoke: SpokeEventTarget<TypedEvent, User>) => spoke.context.name,

  maxConnections: MAX_CONNECTIONS,
  openTimeoutMs: 10_000,
  dropsSilentPeers: true,
  heartbeatMs: 25_000,

  maxFrameBytes: MAX_MESSAGE_BYTES,
  maxEventsPerSecond: 50,
  maxEventBurst: 500,
  maxTopicsPerConnection: 200,
  maxPending: 200,
  maxBufferedBytes: 1_048_576,
  backpressureThreshold: 262_144,
});

/** The open connections of each address. */
const addresses = new Map<string, number>();

/** Decides about a request before its upgrade: the status to refuse it with, or the user. */
export async function admit(request: {
  readonly origin: string | undefined;
  readonly token: string | undefined;
}): Promise<{ readonly status: number } | { readonly user: User }> {
  if (!ORIGINS.has(request.origin ?? "")) return { status: 403 };
  const user = await userOf(request.token);
  return user === undefined ? { status: 401 } : { user };
}

/**
 * The status to refuse one more connection of an address with. Nothing can be awaited between this and the upgrade: many
 * requests get their user at the same time.
 */
export function refusal(address: string): number | undefined {
  if ((addresses.get(address) ?? 0) >= MAX_CONNECTIONS_PER_ADDRESS) return 429;
  return hub.accepts() ? undefined : 503;
}

/** Adds an upgraded socket, and counts it for its address until it closes. */
export function add(socket: WebSocketLike, user: User, address: string): void {
  addresses.set(address, (addresses.get(address) ?? 0) + 1);
  let isCounted = true;
  // Deno can close a socket twice.
  socket.addEventListener("close", () => {
    if (!isCounted) return;
    isCounted = false;
    const left = (addresses.get(address) ?? 1) - 1;
    if (left > 0) addresses.set(address, left);
    else addresses.delete(address);
  });
  hub.addConnection(socket, { context: user });
}

/** Replace this by a look-up of your own: a token for one connection, valid for a minute. */
function userOf(token: string | undefined): Promise<User | undefined> {
  const name = token?.match(/^demo-([a-z]{1,20})$/)?.[1];
  return Promise.resolve(name === undefined ? undefined : { name });
}
