/** Hubs, alone and together, whose peers speak the protocol by hand. Each shows the test what arrives before the hub. */
import {
  type AuthorizeRequest,
  createInProcessEventTarget,
  createWebSocketClientEventTarget,
  createWebSocketServerEventTarget,
  createWorkerHostEventTarget,
  type HubEventTarget,
  type PubSubEventTarget,
  type SpokeEventTarget,
  type TypedEvent,
} from "@alkdev/pubsub";
import { eventually } from "../eventually.ts";
import { FakeSocket } from "../fake_socket.ts";
import { type ServedHub, serveHub, serveNodeHub } from "../hubs.ts";
import { openRedis, type SharedRedis } from "../redis.ts";

/** What crosses a wire, read. */
export interface RawEnvelope {
  readonly type: string;
  readonly id: string;
  readonly payload?: unknown;
}

/** What a test does about one connection. */
export interface ConnectionObserver {
  /** Something is at the hub, which handles it next. */
  onArrival(frame: unknown): void;
  /** Something is at the peer. */
  onFrame(frame: unknown): void;
}

/** A connection of a peer. */
export interface RawConnection {
  readonly spoke: SpokeEventTarget;
  send(frame: unknown): void;
  /** The peer ends it. Resolves when it has ended. */
  close(): Promise<void>;
  /** The hub forgets it, and leaves it open. */
  remove(): void;
}

/** A hub, and how to connect to it. */
export interface ModelHub {
  readonly hub: Pick<
    HubEventTarget<never>,
    "publish" | "listen" | "revoke" | "flush" | "close" | "connectionCount" | "stats"
  >;
  connect(observer: ConnectionObserver): Promise<RawConnection>;
}

export interface Rig extends AsyncDisposable {
  readonly hubs: readonly ModelHub[];
  readonly hasBus: boolean;
  /** The upstream of each hub, in the order of the hubs; several hubs may share one. */
  readonly upstreams?: readonly PubSubEventTarget[];
  /** Whether an event reaches its spokes in the turn in which it arrives. */
  readonly isPrompt: boolean;
}

/** The options of all hubs of a rig. */
export interface RigOptions {
  readonly authorize?: (request: AuthorizeRequest) => boolean | Promise<boolean>;
  readonly onError: (error: Error) => void;
}

/** Sockets without a network, which repeat a run exactly. */
function inMemory(options: RigOptions & { upstream?: PubSubEventTarget }): ModelHub {
  const hub = createWebSocketServerEventTarget<never, FakeSocket>(options);
  return {
    hub,
    connect(observer) {
      const socket = new FakeSocket();
      socket.addEventListener("message", ({ data }) => observer.onArrival(JSON.parse(String(data))));
      socket.send = (text) => observer.onFrame(JSON.parse(text));
      socket.close = () => queueMicrotask(() => socket.fire("close", { code: 1000 }));
      const spoke = hub.addConnection(socket);
      return Promise.resolve({
        spoke,
        send: (frame) => socket.fire("message", { data: JSON.stringify(frame) }),
        close: async () => await socket.fire("close", { code: 1000 }),
        remove: () => void hub.removeConnection(socket),
      });
    },
  };
}

/** Real sockets on loopback. */
function overSockets(served: ServedHub): ModelHub {
  const { hub } = served;
  return {
    hub,
    async connect(observer) {
      const known = served.sockets.length;
      served.onSocket = (socket) =>
        socket.addEventListener("message", ({ data }) => observer.onArrival(JSON.parse(String(data))));
      const client = new WebSocket(served.url);
      const closed = new Promise((resolve) => client.onclose = resolve);
      client.onmessage = ({ data }) => observer.onFrame(JSON.parse(data));
      await eventually(() => client.readyState === WebSocket.OPEN && served.sockets[known]?.readyState === 1);
      served.onSocket = () => {};
      const [socket, spoke] = [served.sockets[known], served.spokes[known]];
      if (socket === undefined || spoke === undefined) throw new Error("The hub has no such socket");
      return {
        spoke,
        send: (frame) => client.send(JSON.stringify(frame)),
        async close() {
          client.close();
          await closed;
        },
        remove: () => void hub.removeConnection(socket),
      };
    },
  };
}

/** Ports, as those of workers. */
function overPorts(options: RigOptions & { upstream?: PubSubEventTarget }, opened: MessagePort[]): ModelHub {
  const hub = createWorkerHostEventTarget<TypedEvent, MessagePort>([], options);
  return {
    hub,
    async connect(observer) {
      const { port1, port2 } = new MessageChannel();
      opened.push(port1, port2);
      port1.addEventListener("message", ({ data }) => {
        if (data.frame !== undefined) observer.onArrival(data.frame);
      });
      const mark = (message: object): void => port2.postMessage({ "@alkdev/pubsub": 1, ...message });
      let isHubReady = false;
      port2.onmessage = ({ data }) => {
        isHubReady ||= data.ready === "hub";
        if (data.frame !== undefined) observer.onFrame(data.frame);
      };
      const spoke = hub.addWorker(port1);
      mark({ ready: "link" });
      await eventually(() => isHubReady);
      mark({ ready: "open" });
      await eventually(() => spoke.status.state === "open");
      return {
        spoke,
        send: (frame) => mark({ frame, bytes: 0 }),
        close: async () => await mark({ frame: { type: "__bye", id: "" }, bytes: 0 }),
        remove: () => void hub.removeWorker(port1),
      };
    },
  };
}

/** Ends what was opened, the last first. */
function endAll(stack: AsyncDisposableStack): Pick<Rig, typeof Symbol.asyncDispose> {
  return { [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Opens a rig. */
export type OpenRig = (options: RigOptions, redis: SharedRedis) => Rig | Promise<Rig>;

/** The rigs, by their names. */
export const RIGS: Readonly<Record<string, OpenRig>> = {
  "a hub without a network"(options) {
    const stack = new AsyncDisposableStack();
    const hub = inMemory(options);
    stack.defer(() => hub.hub.close());
    return { hubs: [hub], hasBus: false, isPrompt: true, ...endAll(stack) };
  },
  "two hubs without a network over one bus"(options) {
    const stack = new AsyncDisposableStack();
    const upstream = stack.use(createInProcessEventTarget());
    const hubs = [inMemory({ ...options, upstream }), inMemory({ ...options, upstream })];
    for (const { hub } of hubs) stack.defer(() => hub.close());
    return { hubs, hasBus: true, isPrompt: true, upstreams: [upstream, upstream], ...endAll(stack) };
  },
  "a hub on Deno"(options) {
    const served = serveHub(options);
    const stack = new AsyncDisposableStack();
    stack.use(served);
    return { hubs: [overSockets(served)], hasBus: false, isPrompt: true, ...endAll(stack) };
  },
  async "a hub on npm:ws over a bus"(options) {
    const stack = new AsyncDisposableStack();
    const upstream = stack.use(createInProcessEventTarget());
    const served = stack.use(await serveNodeHub({ ...options, upstream }));
    const hubs = [overSockets(served)];
    return { hubs, hasBus: true, isPrompt: true, upstreams: [upstream], ...endAll(stack) };
  },
  async "two hubs over Redis"(options, redis) {
    const stack = new AsyncDisposableStack();
    const prefix = `${crypto.randomUUID()}:`;
    const hubs: ModelHub[] = [];
    const upstreams: PubSubEventTarget[] = [];
    for (const library of ["ioredis 5", "ioredis 6"] as const) {
      const { target } = stack.use(openRedis(redis, library, { prefix }));
      await eventually(() => target.status.state === "open");
      upstreams.push(target);
      hubs.push(overSockets(stack.use(serveHub({ ...options, upstream: target }))));
    }
    return { hubs, hasBus: true, isPrompt: false, upstreams, ...endAll(stack) };
  },
  async "a hub chained to another"(options) {
    const stack = new AsyncDisposableStack();
    const bus = stack.use(createInProcessEventTarget());
    const top = stack.use(serveHub({ ...options, upstream: bus }));
    const link = stack.use(createWebSocketClientEventTarget(new WebSocket(top.url), options));
    await link.flush();
    const chained = stack.use(serveHub({ ...options, upstream: link }));
    return {
      hubs: [overSockets(top), overSockets(chained)],
      hasBus: true,
      isPrompt: false,
      upstreams: [bus, link],
      ...endAll(stack),
    };
  },
  "a host of workers"(options) {
    return ofPorts(options, undefined);
  },
  "a host of workers over a bus"(options) {
    return ofPorts(options, createInProcessEventTarget());
  },
};

function ofPorts(options: RigOptions, upstream: PubSubEventTarget | undefined): Rig {
  const ports: MessagePort[] = [];
  const hub = overPorts(upstream === undefined ? options : { ...options, upstream }, ports);
  return {
    hubs: [hub],
    hasBus: upstream !== undefined,
    isPrompt: true,
    ...(upstream !== undefined && { upstreams: [upstream] }),
    async [Symbol.asyncDispose]() {
      await hub.hub.close();
      for (const port of ports) port.close();
      await upstream?.close();
    },
  };
}
