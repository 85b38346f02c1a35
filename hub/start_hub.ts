import {
  type Authorize,
  type AuthorizeRequest,
  createWebSocketServerEventTarget,
  prometheusText,
  type WebSocketServerEventTarget,
} from "@alkdev/pubsub";
import { createHttpEdge, createNodeListeners, type HttpEdgeHub } from "@alkdev/pubsub/http";
// @ts-types="./ws.d.ts"
import { WebSocketServer } from "ws";
import { createAuthenticate, decide, type Visitor, type VisitorSpoke } from "./access.ts";
import { createBus } from "./bus.ts";
import type { Settings } from "./config.ts";
import { Expiry } from "./expiry.ts";
import { createVerify } from "./keys.ts";
import { withHealth } from "./health.ts";
import { shortened } from "./live/hub_row.ts";
import { Neighbours } from "./live/neighbours.ts";
import { Observed, type ShownHub } from "./live/observed.ts";
import { readHub } from "./live/read_hub.ts";
import { listen } from "./server.ts";

const DEFAULT_MAX_CONNECTIONS = 10_000;
const DEFAULT_MAX_FRAME_BYTES = 1024 * 1024;

/** The heartbeat of the hub, in milliseconds: a third of that of a link. */
const HEARTBEAT_MS = 8_000;

/** A hub that serves. */
export interface RunningHub {
  readonly url: string;
  /** The hub as the live page shows it. */
  readonly shown: ShownHub;
  readonly hub: WebSocketServerEventTarget<never, never, Visitor>;
  /** Resolves when the hub has ended, with the cause if it was not asked to. */
  readonly closed: Promise<Error | undefined>;
  /** Drains: sends what is queued, closes every connection, and ends. */
  close(): Promise<void>;
}

/** Starts a hub. Rejects if it cannot listen, or cannot reach its Redis, or cannot use a key. */
export async function startHub(settings: Settings): Promise<RunningHub> {
  const { hostname, port, key, jwks, origin, hub: options = {} } = settings;
  const verify = key.length > 0 || jwks !== undefined
    ? await createVerify({ ...settings, keys: key })
    : undefined;
  const { onError, tracing } = options;
  const bus = await createBus(settings, { ...(onError && { onError }), ...(tracing && { tracing }) });
  const expiry = new Expiry();
  const observed = new Observed();
  const {
    authorize,
    onConnection,
    onDisconnection,
    onBackpressure,
    maxFrameBytes = DEFAULT_MAX_FRAME_BYTES,
  } = options;
  const { maxConnections = options.maxConnections ?? DEFAULT_MAX_CONNECTIONS } = settings;
  const hub = createWebSocketServerEventTarget<Visitor>({
    heartbeatMs: HEARTBEAT_MS,
    dropsSilentPeers: verify !== undefined,
    ...options,
    maxFrameBytes,
    maxConnections,
    upstream: bus.eventTarget,
    owner: ({ context }: VisitorSpoke) => context.subject,
    ...((verify !== undefined || authorize !== undefined) && {
      authorize: (request: AuthorizeRequest<VisitorSpoke>) => both(decide(request), authorize, request),
    }),
    onConnection(spoke, socket) {
      expiry.add(spoke);
      observed.add(spoke, socket);
      onConnection?.(spoke, socket);
    },
    onDisconnection(spoke, socket) {
      expiry.remove(spoke);
      observed.remove(spoke);
      onDisconnection?.(spoke, socket);
    },
    onBackpressure(spoke, socket) {
      observed.slow++;
      onBackpressure?.(spoke, socket);
    },
  });
  const edgeHub: HttpEdgeHub<Visitor> = hub;
  const edge = createHttpEdge(edgeHub, {
    authenticate: createAuthenticate(
      verify,
      () => observed.unauthenticated++,
      (error) => edgeHub.report?.("connect", error),
    ),
    origins: origin.includes("*") ? "*" : origin,
    maxBodyBytes: maxFrameBytes,
    metrics: ({ rights }, format) =>
      rights === undefined || rights.metrics ? prometheusText(hub.stats(), { format }) : undefined,
  });
  const webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: maxFrameBytes,
    perMessageDeflate: false,
  });
  const listeners = withHealth(
    createNodeListeners(edge, webSockets),
    () => hub.accepts() && hub.status.degraded !== true,
  );
  try {
    const server = await listen(hostname, port, listeners);
    const shown = { hub, bus: bus.eventTarget, busName: bus.name, url: server.url, observed };
    const neighbours = bus.redis && new Neighbours(bus.redis, () => shortened(readHub(shown)));
    return {
      url: server.url,
      shown: { ...shown, neighbours },
      hub,
      closed: hub.closed,
      async close() {
        await hub.close();
        await neighbours?.close();
        await server.close();
        await bus[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await hub.close();
    await bus[Symbol.asyncDispose]();
    throw error;
  }
}

type Answer = Awaited<ReturnType<Authorize>>;

/** The answer that the claims and the program both allow. */
function both(
  claims: Answer,
  authorize: Authorize<VisitorSpoke> | undefined,
  request: AuthorizeRequest<VisitorSpoke>,
): Answer | Promise<Answer> {
  if (authorize === undefined || claims === false) return claims;
  const weaker = (own: Answer): Answer => own === true ? claims : own;
  const own = authorize(request);
  // Anything that the hub would wait for, and not only a promise of this realm.
  return typeof own === "object" ? Promise.resolve(own).then(weaker) : weaker(own);
}
