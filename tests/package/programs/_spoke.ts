/** What a spoke does in every runtime: the scenario that `hub.ts` is the other side of. */
import {
  ConnectionLostError,
  createPubSub,
  createWebSocketClientEventTarget,
  type PubSub,
  type PubSubEventTarget,
  type WebSocketLike,
} from "@alkdev/pubsub";
import type { Events } from "./_events.ts";

const COUNT = 1000;
const RETRY_MS = 50;

/** The platform's `WebSocket`, or that of `npm:ws`. */
type WebSocketClass = new (url: string) => WebSocketLike;

interface Connection {
  readonly eventTarget: PubSubEventTarget;
  readonly pubsub: PubSub<Events>;
  readonly faults: readonly string[];
}

/** Exchanges events with a hub, is left by it, comes back to the one that follows, exchanges again and closes. */
export async function runSpoke(url: string, id: string, WebSocket: WebSocketClass): Promise<unknown> {
  const first = connect(url, WebSocket);
  const before = await exchange(first.pubsub, id);
  const lost = await isLeft(first.pubsub, id);
  const second = await connectAgain(url, id, WebSocket);
  const after = await exchange(second.pubsub, id);
  await second.eventTarget.close();
  return {
    before,
    lost,
    after,
    status: second.eventTarget.status.state,
    error: String(await second.eventTarget.closed),
    faults: [...first.faults, ...second.faults],
  };
}

function connect(url: string, WebSocket: WebSocketClass): Connection {
  const faults: string[] = [];
  const eventTarget = createWebSocketClientEventTarget(new WebSocket(url), {
    onError: (error, { stage }) => void faults.push(`${stage}: ${error}`),
  });
  return { eventTarget, pubsub: createPubSub<Events>({ eventTarget }), faults };
}

/** Asks the hub for events, and sends it as many. Returns what crossed, each way. */
async function exchange(pubsub: PubSub<Events>, id: string): Promise<unknown> {
  const down = pubsub.subscribe("number.down", id);
  const heard = pubsub.subscribe("numbers.heard", id);
  await Promise.all([down.ready, heard.ready]);

  pubsub.publish("numbers.wanted", id, COUNT);
  const received: number[] = [];
  for await (const { payload } of down) if (received.push(payload) === COUNT) break;

  for (let i = 0; i < COUNT; i++) pubsub.publish("number.up", id, i);
  await pubsub.flush();
  pubsub.publish("heard.wanted", id, undefined);
  const { value } = await heard.next();
  await heard.return();
  return { received, heard: value?.payload };
}

/** The hub goes away, which ends the subscription. */
async function isLeft(pubsub: PubSub<Events>, id: string): Promise<unknown> {
  const waiting = pubsub.subscribe("number.down", id);
  await waiting.ready;
  pubsub.publish("restart.wanted", id, undefined);
  return waiting.next().catch((error) => ({
    isConnectionLostError: error instanceof ConnectionLostError,
    code: error.code,
  }));
}

/** Tries until there is a hub again. */
async function connectAgain(url: string, id: string, WebSocket: WebSocketClass): Promise<Connection> {
  for (;;) {
    const connection = connect(url, WebSocket);
    const subscription = connection.pubsub.subscribe("number.down", id);
    try {
      await subscription.ready;
      await subscription.return();
      return connection;
    } catch {
      await connection.eventTarget.close();
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
