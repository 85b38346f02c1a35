// The clients of a hub. Each receives the events of one topic, and can publish on it.

import { createWebSocketClientEventTarget } from "../mod.ts";
import type { Protocol } from "./_clients.ts";
import { eachAlone, type Event, type Events, ID, joined, type Status, TOPIC, TYPE } from "./_load.ts";
import { connectNats, connectSocketIo } from "./peers.ts";

/** Connects a client. Calls `onStatus` with the payload of each event, and `onEnd` with the reason of the end. */
type Connect = (
  port: number,
  onStatus: (status: Status) => void,
  onEnd: (error: string) => void,
) => Promise<Publish>;

/** Publishes events in one turn of the event loop. */
export type Publish = (burst: readonly Status[]) => void;

/** Connects a client by each protocol. Resolves once the hub can send events to the client. */
export const CONNECT: Readonly<Record<Protocol, Connect>> = {
  pubsub: connectPubSub,
  "socket.io": connectSocket,
  bare: (...args) => connectBare(eachAlone, ...args),
  "bare, joined": (...args) => connectBare(joined, ...args),
  nats: connectByNats,
};

async function connectPubSub(...[port, onStatus, onEnd]: Parameters<Connect>): Promise<Publish> {
  const eventTarget = createWebSocketClientEventTarget(new WebSocket(`ws://127.0.0.1:${port}`), {
    // The end is reported to onEnd.
    onError() {},
  });
  await new Promise<void>((onReady) =>
    eventTarget.listen(TYPE, ID, {
      // The hub sends this type only with this payload.
      onEvent: ({ payload }) => onStatus(payload as Events[typeof TYPE]),
      onReady,
      onEnd: (error) => onEnd(String(error)),
    })
  );
  return (burst) => {
    for (const payload of burst) eventTarget.publish({ type: TYPE, id: ID, payload });
  };
}

async function connectSocket(...[port, onStatus, onEnd]: Parameters<Connect>): Promise<Publish> {
  const socket = connectSocketIo(`http://127.0.0.1:${port}`, { transports: ["websocket"], forceNew: true });
  socket.on("event", ({ payload }: Event) => onStatus(payload));
  await new Promise<void>((resolve, reject) => {
    socket.on("joined", resolve);
    socket.on("connect_error", reject);
  });
  socket.on("disconnect", onEnd);
  return (burst) => {
    for (const payload of burst) socket.emit("event", { type: TYPE, id: ID, payload });
  };
}

async function connectBare(
  framesOf: (burst: readonly Status[]) => string[],
  ...[port, onStatus, onEnd]: Parameters<Connect>
): Promise<Publish> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  await new Promise((resolve, reject) => {
    // The server sends a message once it has the socket too.
    socket.onmessage = resolve;
    socket.onerror = reject;
  });
  socket.onmessage = ({ data }) => readFrame(data, onStatus);
  socket.onclose = () => onEnd("The socket is closed");
  return (burst) => {
    for (const frame of framesOf(burst)) socket.send(frame);
  };
}

async function connectByNats(...[port, onStatus, onEnd]: Parameters<Connect>): Promise<Publish> {
  const connection = await connectNats({ servers: `127.0.0.1:${port}` });
  connection.subscribe(TOPIC, { callback: (_, message) => onStatus(message.json<Event>().payload) });
  // The server answers once it has subscribed.
  await connection.flush();
  connection.closed().then((error) => onEnd(String(error)), onEnd);
  return (burst) => {
    for (const event of eachAlone(burst)) connection.publish(TOPIC, event);
  };
}

/** Reads a frame of a bare socket: an event, or several in order. */
export function readFrame(data: string, onStatus: (status: Status) => void): void {
  const frame: Event | Event[] = JSON.parse(data);
  if (Array.isArray(frame)) { for (const { payload } of frame) onStatus(payload); }
  else onStatus(frame.payload);
}
