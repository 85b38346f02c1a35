/** The spoke in every runtime. `hub.ts` is the other side of its scenario. */
import {
  createPubSub,
  createWebSocketClientEventTarget,
  type EnvelopeOf,
  type EventTargetStatus,
  type PubSub,
  type Subscription,
  type WebSocketLike,
} from "@alkdev/pubsub";
import type { Events } from "./_events.ts";

const COUNT = 1000;
const RETRY_MS = 50;

/** The platform's `WebSocket`, or that of `npm:ws`. */
type WebSocketClass = new (url: string) => WebSocketLike;

/** Exchanges events with a hub, reconnects after the hub has closed, exchanges events again and closes. */
export async function runSpoke(url: string, id: string, WebSocket: WebSocketClass): Promise<unknown> {
  const faults: string[] = [];
  const statuses: EventTargetStatus[] = [];
  const back = deferred();
  const eventTarget = createWebSocketClientEventTarget(() => new WebSocket(url), {
    reconnectDelayMs: RETRY_MS,
    maxReconnectDelayMs: RETRY_MS,
    onError(error, { stage }) {
      // While there is no hub, each attempt is reported in the words of the runtime.
      if (stage !== "connect") faults.push(`${stage}: ${error}`);
    },
    onStatus(status) {
      statuses.push(status);
      if (status.gap) back.resolve();
    },
  });
  const pubsub = createPubSub<Events>({ eventTarget });
  const down = pubsub.subscribe("number.down", id);

  const before = await exchange(pubsub, id, down);
  pubsub.publish("restart.wanted", id, undefined);
  await back.promise;
  const lost = statuses.find(({ state }) => state === "reconnecting")?.code;
  const after = await exchange(pubsub, id, down);

  await eventTarget.close();
  return {
    before,
    lost,
    after,
    ended: (await down.next()).done,
    status: eventTarget.status.state,
    error: String(await eventTarget.closed),
    faults,
  };
}

/** Asks the hub for events, and sends as many. Returns the events of each direction. */
async function exchange(
  pubsub: PubSub<Events>,
  id: string,
  down: Subscription<EnvelopeOf<Events, "number.down">>,
): Promise<unknown> {
  const heard = pubsub.subscribe("numbers.heard", id);
  await Promise.all([down.ready, heard.ready]);

  pubsub.publish("numbers.wanted", id, COUNT);
  const received: unknown[] = [];
  while (received.length < COUNT) received.push((await down.next()).value?.payload);

  for (let i = 0; i < COUNT; i++) pubsub.publish("number.up", id, i);
  await pubsub.flush();
  pubsub.publish("heard.wanted", id, undefined);
  const { value } = await heard.next();
  await heard.return();
  return { received, heard: value?.payload };
}

/** `Promise.withResolvers()`, which Node 20 does not have. */
function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((settle) => resolve = settle);
  return { promise, resolve };
}
