// A hub on Node over npm:ws, started by `_hubs.ts`. It prints its port, and sends bursts on command.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { createInterface } from "node:readline";
// @ts-types="../tests/support/ws.d.ts"
import { WebSocketServer } from "npm:ws@8.23.0";
import { createPubSub, createWebSocketServerEventTarget, type WebSocketLike } from "../mod.ts";
import type { Protocol } from "./_clients.ts";
import { eachAlone, type Events, ID, joined, type Status, TYPE } from "./_load.ts";

/** The protocol of its clients. */
export type NodeProtocol = Extract<Protocol, "pubsub" | `bare${string}`>;

/** Sends bursts to sockets. */
interface Sender {
  add(socket: WebSocketLike): void;
  publish(burst: readonly Status[]): void;
}

const SENDERS: Readonly<Record<NodeProtocol, () => Sender>> = {
  pubsub() {
    const eventTarget = createWebSocketServerEventTarget();
    const { publish } = createPubSub<Events>({ eventTarget });
    return {
      add: (socket) => void eventTarget.addConnection(socket),
      publish: (burst) => burst.forEach((status) => publish(TYPE, ID, status)),
    };
  },
  bare: () => bareSender(eachAlone),
  "bare, joined": () => bareSender(joined),
};

function bareSender(framesOf: (burst: readonly Status[]) => string[]): Sender {
  const sockets: WebSocketLike[] = [];
  return {
    add(socket) {
      sockets.push(socket);
      socket.send("joined");
    },
    publish(burst) {
      for (const frame of framesOf(burst)) {
        for (const socket of sockets) socket.send(frame);
      }
    },
  };
}

const { add, publish } = SENDERS[process.argv[2] as NodeProtocol]();
const server = createServer();
new WebSocketServer({ server }).on("connection", add);
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
// A server that listens on TCP has an address of this shape.
console.log((server.address() as AddressInfo).port);
// The pipe ends with the process that started this one.
for await (const line of createInterface({ input: process.stdin })) publish(JSON.parse(line));
process.exit();
