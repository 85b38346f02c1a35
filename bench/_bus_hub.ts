// A hub that shares an upstream with other hubs, started by `three_hubs.ts`. It prints its port, and its processor time
// whenever it gets a line.

import process from "node:process";
import { setImmediate } from "node:timers";
// @ts-types="../tests/support/ioredis.d.ts"
import { Redis } from "npm:ioredis@5.11.1";
import { createRedisEventTarget } from "../adapters/redis.ts";
import { lines } from "../scripts/lib/lines.ts";
import { createInProcessEventTarget } from "../mod.ts";
import { startPubSub, startSocketIo } from "./_hubs.ts";
import { TOPIC, TYPE } from "./_load.ts";
import { createRedisAdapter } from "./peers.ts";
import { serve } from "./_serve.ts";

/** The task of a hub, which is its one argument. */
export interface BusTask {
  /** The kind of hub. */
  readonly protocol: "pubsub" | "socket.io" | "bare, joined";
  /** The Redis that it shares with other hubs, if any: the path of the socket, and the prefix of the channels. */
  readonly redis?: { readonly path: string; readonly prefix: string };
  /** Whether Redis keeps the events. */
  readonly history?: boolean;
  /** Whether a bare hub publishes each event of a frame, and joins those that arrive together into a frame. */
  readonly each?: boolean;
}

if (import.meta.main) {
  const { port } = await start(JSON.parse(Deno.args[0] ?? ""));
  console.log(port);
  for await (const _ of lines(Deno.stdin.readable)) {
    const { user, system } = process.cpuUsage();
    console.log(user + system);
  }
  Deno.exit();
}

async function start({ protocol, redis, history, each }: BusTask): Promise<{ readonly port: number }> {
  if (redis === undefined) return startPubSub({ upstream: createInProcessEventTarget(), onError });
  const { path, prefix } = redis;
  const publishClient = new Redis(path, { autoResendUnfulfilledCommands: false });
  const subscribeClient = new Redis(path);
  for (const client of [publishClient, subscribeClient]) client.on("error", () => {});
  if (protocol === "pubsub") {
    const upstream = createRedisEventTarget({
      publishClient,
      subscribeClient,
      prefix,
      onError,
      ...(history ? { history: { [TYPE]: { perType: 10_000 } } } : {}),
    });
    return startPubSub({ upstream, onError });
  }
  if (protocol === "socket.io") {
    return await startSocketIo({
      adapter: createRedisAdapter(publishClient, subscribeClient, { key: prefix }),
    });
  }
  return await (each ? startJoiningRelay : startRelay)(publishClient, subscribeClient, prefix + TOPIC);
}

/** A hand-written hub that never reads a frame. */
async function startRelay(
  publishClient: Redis,
  subscribeClient: Redis,
  channel: string,
): Promise<{ readonly port: number }> {
  const sockets: WebSocket[] = [];
  subscribeClient.on(
    "message",
    (_: string, frame: string) => sockets.forEach((socket) => socket.send(frame)),
  );
  await subscribeClient.subscribe(channel);
  const port = serve((socket) => {
    sockets.push(socket);
    socket.onmessage = ({ data }) => void publishClient.publish(channel, data);
    socket.send("joined");
  });
  return { port };
}

/** A hand-written hub that publishes each event of a frame, as hubs with other programs on the same Redis do. */
async function startJoiningRelay(
  publishClient: Redis,
  subscribeClient: Redis,
  channel: string,
): Promise<{ readonly port: number }> {
  const sockets: WebSocket[] = [];
  let arrived: string[] = [];
  subscribeClient.on("message", (_: string, event: string) => {
    if (arrived.push(event) > 1) return;
    setImmediate(() => {
      const frame = `[${arrived.join(",")}]`;
      arrived = [];
      for (const socket of sockets) socket.send(frame);
    });
  });
  await subscribeClient.subscribe(channel);
  const port = serve((socket) => {
    sockets.push(socket);
    socket.onmessage = ({ data }) => {
      const events: unknown[] = JSON.parse(data);
      const commands = events.map((event) => ["publish", channel, JSON.stringify(event)]);
      void publishClient.pipeline(commands).exec();
    };
    socket.send("joined");
  });
  return { port };
}

/** Prints errors, except those of spokes and Redis that end without closing. */
function onError(error: unknown, { stage }: { readonly stage: string }): void {
  if (stage !== "connect") console.error(stage, error);
}
