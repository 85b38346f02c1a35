import { ConnectionLostError, createPubSub, type PubSub, type PubSubEventMap } from "../mod.ts";
import {
  type AuthorizeRequest,
  type ConnectOptions,
  createHub,
  createJsonCodec,
  createLink,
  type HubEventTarget,
  type HubOptions,
  type LinkEventTarget,
} from "../adapters/wire.ts";
import { connectInMemory, connectionThatFails, type MemoryConnection, memoryWire } from "./_memory_wire.ts";

/** Options of {@linkcode createPair}. */
export interface PairOptions {
  /** Options of the hub. */
  readonly hub?: HubOptions<object>;
  /** Options of its links. */
  readonly link?: ConnectOptions;
}

/** One side of a pair. */
export interface PairSide<TEventMap extends { [K in keyof TEventMap]: unknown }, TTarget> {
  /** The event target. */
  readonly eventTarget: TTarget;
  /** A PubSub over it. */
  readonly pubsub: PubSub<TEventMap>;
}

/** A link in memory, and the faults of its connection. */
export interface PairLink<TEventMap extends { [K in keyof TEventMap]: unknown }>
  extends PairSide<TEventMap, LinkEventTarget> {
  /** Whether attempts to connect fail. Set to `true`, it also cuts the connection; set to `false`, the link is back at once. */
  offline: boolean;
  /** Whether the link does not read: what the hub sends waits. */
  slow: boolean;
  /** Cuts the connection, as a network does. What was on its way is lost. The link is back at once, unless it is `offline`. */
  lose(): void;
  /**
   * Loses the connection, and waits until the link has reported the gap. What is published on the hub until then is lost.
   *
   * @param meanwhile Called while the link is away.
   * @throws {Error} As a rejection, if the link has ended, or ends before it has reported the gap.
   */
  gap(meanwhile?: () => void): Promise<void>;
}

/** A hub and its links in memory. Disposing of it closes all of them. */
export interface Pair<TEventMap extends { [K in keyof TEventMap]: unknown }> extends AsyncDisposable {
  /** The hub. */
  readonly hub: PairSide<TEventMap, HubEventTarget<object>>;
  /** The first link. */
  readonly link: PairLink<TEventMap>;
  /**
   * Adds a link.
   *
   * @param options Options beside those of all links.
   */
  addLink(options?: ConnectOptions): PairLink<TEventMap>;
  /**
   * Refuses subscriptions and events of links, before `authorize` is asked. Subscriptions that it refuses end.
   *
   * @param refuses Whether to refuse a request; without one, nothing is refused any more.
   */
  refuse(refuses?: (request: Pick<AuthorizeRequest, "action" | "type" | "id">) => boolean): void;
  /**
   * Resolves when everything that was published on either side, and what was answered to it, has been handled. It waits for
   * links that come back, and not for those that are `offline`.
   *
   * @throws {Error} As a rejection, if a link ends for good, or a `slow` one does not answer in time.
   */
  settle(): Promise<void>;
}

const transport = { codec: createJsonCodec(), toWire: memoryWire };

/**
 * Creates a hub and a link that are connected in memory, by the same protocol as over a network. Tests of a program use
 * them in place of a server. Nothing needs a port or a timer, so that fake timers have no effect on them, except for the
 * delays of the library's own options.
 *
 * @example Lose a connection in a test
 * ```ts
 * import { createPair } from "@alkdev/pubsub/testing";
 * import { assertEquals } from "@std/assert";
 *
 * await using pair = createPair<{ "session.status": { state: string } }>();
 * const { hub, link } = pair;
 * const heard: string[] = [];
 * let gaps = 0;
 * link.pubsub.on("session.status", "1", ({ payload }) => heard.push(payload.state), { onGap: () => gaps++ });
 * await pair.settle();
 *
 * hub.pubsub.publish("session.status", "1", { state: "running" });
 * await pair.settle();
 * await link.gap(() => hub.pubsub.publish("session.status", "1", { state: "lost" }));
 * hub.pubsub.publish("session.status", "1", { state: "idle" });
 * await pair.settle();
 * assertEquals([heard, gaps], [["running", "idle"], 1]);
 * ```
 *
 * @typeParam TEventMap The events of both sides.
 * @param options Options of the hub and of the links.
 * @returns The hub, and its first link.
 */
export function createPair<TEventMap extends { [K in keyof TEventMap]: unknown } = PubSubEventMap>(
  options: PairOptions = {},
): Pair<TEventMap> {
  let refuses: Parameters<Pair<TEventMap>["refuse"]>[0];
  const { authorize } = options.hub ?? {};
  const hub = createHub(transport, {
    ...options.hub,
    authorize: (request) => refuses?.(request) !== true && (authorize === undefined || authorize(request)),
  });
  const links: PairLink<TEventMap>[] = [];
  const addLink = (own: ConnectOptions = {}): PairLink<TEventMap> => {
    const link = openLink<TEventMap>((connection) => void hub.addConnection(connection), {
      ...options.link,
      ...own,
    });
    links.push(link);
    return link;
  };
  const closing = (): Promise<unknown> =>
    Promise.all([hub, ...links.map(({ eventTarget }) => eventTarget)].map((target) => target.close()));
  return {
    hub: { eventTarget: hub, pubsub: createPubSub<TEventMap>({ eventTarget: hub }) },
    link: addLink(),
    addLink,
    refuse(next) {
      refuses = next;
      for (const spoke of hub.spokes) {
        for (const topic of spoke.topics) {
          if (next?.({ action: "subscribe", ...partsOf(topic) })) hub.revoke(spoke, topic);
        }
      }
    },
    async settle() {
      const open = links.filter(({ offline, eventTarget }) =>
        !offline && eventTarget.status.state !== "closed"
      );
      // The second round is for what was answered.
      for (let round = 0; round < 2; round++) {
        await Promise.all(open.map(({ eventTarget }) => flushWhenBack(eventTarget)));
        await hub.flush();
      }
    },
    async [Symbol.asyncDispose]() {
      await closing();
    },
  };
}

function openLink<TEventMap extends { [K in keyof TEventMap]: unknown }>(
  add: (connection: MemoryConnection) => void,
  options: ConnectOptions,
): PairLink<TEventMap> {
  let near: MemoryConnection | undefined;
  let [offline, slow] = [false, false];
  const connect = (): MemoryConnection => {
    // Not by throwing: a link reports that a turn later, which fake timers would hold back.
    if (offline) return connectionThatFails(new Error("The link is offline"));
    const [own, far] = connectInMemory();
    near = own;
    near.isPaused = slow;
    add(far);
    return near;
  };
  const eventTarget = createLink(transport, connect, options);
  // Both sides notice a cut in a microtask.
  const comeBack = (): void => queueMicrotask(() => !offline && eventTarget.reconnect());
  const link: PairLink<TEventMap> = {
    eventTarget,
    pubsub: createPubSub<TEventMap>({ eventTarget }),
    get offline() {
      return offline;
    },
    set offline(value) {
      offline = value;
      if (value) near?.cut();
      else comeBack();
    },
    get slow() {
      return slow;
    },
    set slow(value) {
      slow = value;
      if (near === undefined) return;
      near.isPaused = value;
      near.read();
    },
    lose() {
      near?.cut();
      comeBack();
    },
    async gap(meanwhile) {
      assertNotEnded(eventTarget);
      const reported = new Promise<void>((resolve) => {
        eventTarget.addEventListener("statuschange", function listener({ detail: { gap, state } }) {
          if (!gap && state !== "closed") return;
          eventTarget.removeEventListener("statuschange", listener);
          resolve();
        });
      });
      link.offline = true;
      await Promise.resolve();
      meanwhile?.();
      link.offline = false;
      await reported;
      assertNotEnded(eventTarget);
    },
  };
  return link;
}

function assertNotEnded({ status }: LinkEventTarget): void {
  if (status.state === "closed") {
    throw new Error("Cannot report a gap: the link has ended", { cause: status.error });
  }
}

/** Flushes a link, and again if its connection has ended meanwhile. */
async function flushWhenBack(link: LinkEventTarget): Promise<void> {
  try {
    await link.flush();
  } catch (error) {
    if (link.status.state === "closed" || !(error instanceof ConnectionLostError)) throw error;
    await flushWhenBack(link);
  }
}

/** The parts of a topic that a spoke is subscribed to. */
function partsOf(topic: string): { type: string | undefined; id: string | undefined } {
  if (topic === "*") return { type: undefined, id: undefined };
  const at = topic.indexOf(":");
  return at < 0 ? { type: topic, id: undefined } : { type: topic.slice(0, at), id: topic.slice(at + 1) };
}
