/** Links to real hubs. */
import {
  createWebSocketClientEventTarget,
  type EventTargetStatus,
  type PubSubEventTarget,
  type WebSocketClientOptions,
} from "@alkdev/pubsub";
// @ts-types="./ws.d.ts"
import { WebSocket as NodeWebSocket } from "ws";
import type { Ends, Fault } from "./conformance/mod.ts";
import { eventually } from "./eventually.ts";
import type { ServedHub } from "./hubs.ts";
import { openProxy } from "./tcp_proxy.ts";

/** A link and what it reported. */
export interface OpenLink extends AsyncDisposable {
  readonly link: PubSubEventTarget;
  readonly faults: Fault[];
}

/** Opens a link with the platform's WebSocket, or with that of `npm:ws`. */
export function openLink(
  url: string,
  options: WebSocketClientOptions = {},
  library: "platform" | "ws" = "platform",
): OpenLink {
  const faults: Fault[] = [];
  const socket = library === "ws" ? new NodeWebSocket(url) : new WebSocket(url);
  const link = createWebSocketClientEventTarget(socket, {
    onError: (error, context) => void faults.push({ error, context }),
    ...options,
  });
  return { link, faults, [Symbol.asyncDispose]: () => link.close() };
}

/** A link that reconnects, and its reports. */
export interface OpenReconnectingLink extends OpenLink {
  readonly statuses: EventTargetStatus[];
  /** The reported states, with gaps. */
  states(): string[];
}

/** Opens a link that opens its own connections, with short delays. */
export function openReconnectingLink(
  url: string | (() => string),
  { onStatus, ...options }: WebSocketClientOptions = {},
  library: "platform" | "ws" = "platform",
): OpenReconnectingLink {
  const faults: Fault[] = [];
  const statuses: EventTargetStatus[] = [];
  const link = createWebSocketClientEventTarget(() => {
    const to = typeof url === "string" ? url : url();
    return library === "ws" ? new NodeWebSocket(to) : new WebSocket(to);
  }, {
    reconnectDelayMs: 50,
    maxReconnectDelayMs: 100,
    onError: (error, context) => void faults.push({ error, context }),
    onStatus: (status) => {
      statuses.push(status);
      onStatus?.(status);
    },
    ...options,
  });
  return {
    link,
    faults,
    statuses,
    states: () => statuses.map(({ state, gap }) => gap ? `${state}, gap` : state),
    [Symbol.asyncDispose]: () => link.close(),
  };
}

/** The ends of one link and its hub, in either direction. */
export async function openEnds(
  served: ServedHub,
  direction: "hub to link" | "link to hub",
  library: "platform" | "ws" = "platform",
  options: WebSocketClientOptions = {},
): Promise<Ends<PubSubEventTarget>> {
  const open = openLink(served.url, options, library);
  await open.link.flush();
  await eventually(() => served.hub.connectionCount === 1);
  return endsOf(open, served, direction);
}

/** The ends of a link whose connection was cut, and which is connected again. */
export async function openReconnectedEnds(
  served: ServedHub,
  direction: "hub to link" | "link to hub",
  options: WebSocketClientOptions = {},
): Promise<Ends<PubSubEventTarget>> {
  const proxy = await openProxy(served.port);
  const open = openReconnectingLink(`ws://127.0.0.1:${proxy.port}`, options);
  await open.link.flush();
  proxy.cut();
  await eventually(() => (open.link.status.gap ?? open.link.status.recovered) === true);
  await open.link.flush();
  await eventually(() => served.hub.connectionCount === 1);
  // The cut was reported on both sides.
  for (const faults of [open.faults, served.faults]) faults.length = 0;
  return endsOf(open, served, direction, proxy);
}

function endsOf(
  { link, faults }: OpenLink,
  served: ServedHub,
  direction: "hub to link" | "link to hub",
  proxy?: AsyncDisposable,
): Ends<PubSubEventTarget> {
  const [near, far] = direction === "hub to link" ? [served.hub, link] : [link, served.hub];
  return {
    near,
    far,
    get faults() {
      return [...faults, ...served.faults];
    },
    async settle() {
      await link.flush();
      await served.hub.flush();
    },
    async [Symbol.asyncDispose]() {
      await link.close();
      await served[Symbol.asyncDispose]();
      await proxy?.[Symbol.asyncDispose]();
    },
  };
}
