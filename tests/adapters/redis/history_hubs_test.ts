import { assert, assertEquals } from "@std/assert";
import {
  createPubSub,
  createWebSocketClientEventTarget,
  createWebSocketServerEventTarget,
  type EventTargetStatus,
} from "@alkdev/pubsub";
import { createResume } from "@alkdev/pubsub/history";
import { eventually } from "../../support/eventually.ts";
import { ask, type OpenRedis, openRedis, type RedisServer, startRedis } from "../../support/redis.ts";

type Events = { run: number };

/** A hub over Redis, with a history. */
interface Hub extends AsyncDisposable {
  readonly url: string;
  /** Ends its connections and its server at once. */
  kill(): Promise<void>;
  readonly publish: (payload: number) => void;
}

async function openHub(server: RedisServer): Promise<Hub> {
  const redis = openRedis(server, "ioredis 5", { history: { run: {} } });
  await redis.target.flush();
  const hub = createWebSocketServerEventTarget({ upstream: redis.target });
  const sockets = new Set<WebSocket>();
  const http = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    sockets.add(socket);
    hub.addConnection(socket);
    return response;
  });
  let killed: Promise<void> | undefined;
  return {
    url: `ws://127.0.0.1:${http.addr.port}`,
    publish: (payload) => redis.target.publish({ type: "run", id: String(payload % 2), payload }),
    kill: () => killed ??= http.shutdown(),
    async [Symbol.asyncDispose]() {
      await hub.close();
      await (killed ??= http.shutdown());
      await redis[Symbol.asyncDispose]();
    },
  };
}

/** A server, a hub over it, a program that publishes, and a link to the hub. */
interface Chain extends AsyncDisposable {
  readonly server: RedisServer;
  readonly writer: OpenRedis;
  readonly statuses: EventTargetStatus[];
  readonly pubsub: ReturnType<typeof createPubSub<Events>>;
}

async function openChain(): Promise<Chain> {
  await using opened = new AsyncDisposableStack();
  const server = opened.use(await startRedis());
  const hub = opened.use(await openHub(server));
  const writer = opened.use(openRedis(server, "ioredis 5", { history: { run: {} } }));
  const statuses: EventTargetStatus[] = [];
  const link = opened.use(createWebSocketClientEventTarget(() => new WebSocket(hub.url), {
    resume: createResume(),
    onStatus: (status) => void statuses.push(status),
  }));
  const all = opened.move();
  return {
    server,
    writer,
    statuses,
    pubsub: createPubSub<Events>({ eventTarget: link }),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

Deno.test("spokes of a hub that ends continue on another hub over Redis, and miss nothing", async () => {
  await using server = await startRedis();
  await using first = await openHub(server);
  await using second = await openHub(server);
  let url = first.url;
  const statuses: EventTargetStatus[] = [];
  await using link = createWebSocketClientEventTarget(() => new WebSocket(url), {
    resume: createResume(),
    reconnectDelayMs: 10,
    onStatus: (status) => void statuses.push(status),
    onError() {},
  });
  const { subscribe } = createPubSub<Events>({ eventTarget: link });
  const heard: number[] = [];
  const all = subscribe("run");
  const odd = subscribe("run", "1");
  const read = async (events: AsyncIterable<{ payload: number }>, into: number[]): Promise<void> => {
    for await (const { payload } of events) into.push(payload);
  };
  const heardOdd: number[] = [];
  await Promise.all([all.ready, odd.ready]);
  const reading = [read(all, heard), read(odd, heardOdd)];
  for (const payload of [1, 2, 3]) second.publish(payload);
  await eventually(() => assertEquals(heard, [1, 2, 3]));
  url = second.url;
  await first.kill();
  for (const payload of [4, 5, 6]) second.publish(payload);
  await eventually(() => assertEquals(heard, [1, 2, 3, 4, 5, 6]));
  await eventually(() => statuses.at(-1)?.recovered === true);
  second.publish(7);
  await eventually(() => assertEquals(heardOdd, [1, 3, 5, 7]));
  assertEquals([all.gaps, odd.gaps], [0, 0]);
  await Promise.all([all.return(), odd.return(), ...reading]);
});

Deno.test("a hub passes on what it missed of Redis, and its spokes notice no loss", async () => {
  await using chain = await openChain();
  const { server, writer, statuses } = chain;
  await using all = chain.pubsub.subscribe("run");
  await all.ready;
  for (const payload of [1, 2]) writer.target.publish({ type: "run", id: "1", payload });
  await writer.target.flush();
  await ask(server, "CLIENT", "KILL", "TYPE", "pubsub");
  for (const payload of [3, 4, 5]) writer.target.publish({ type: "run", id: "1", payload });
  await writer.target.flush();
  const heard: number[] = [];
  for await (const { payload } of all) if (heard.push(payload) === 5) break;
  assertEquals(heard, [1, 2, 3, 4, 5]);
  assertEquals(all.gaps, 0);
  assert(statuses.every(({ gap }) => gap !== true));
});

Deno.test("what a hub missed keeps its order for a spoke that has a bare type and ids of it", async () => {
  await using chain = await openChain();
  const { server, writer, pubsub: { on } } = chain;
  const heard = new Map<string, number[]>(["", "0", "1"].map((id) => [id, []]));
  const all = on("run", ({ payload }) => void heard.get("")?.push(payload), { from: "start" });
  const [even, odd] = ["0", "1"].map((id) =>
    on("run", id, ({ payload }) => void heard.get(id)?.push(payload), { from: "start" })
  );
  await Promise.all([all, even, odd].map((each) => each?.replayed));
  const published: number[] = [];
  for (let round = 0; round < 5; round++) {
    const publish = async (): Promise<void> => {
      for (let i = 0; i < 20; i++) {
        const payload = published.length + 1;
        published.push(payload);
        writer.target.publish({ type: "run", id: String(payload % 2), payload });
      }
      await writer.target.flush();
    };
    await publish();
    await ask(server, "CLIENT", "KILL", "TYPE", "pubsub");
    await publish();
    await eventually(() => assertEquals(heard.get(""), published));
  }
  for (const id of ["0", "1"]) {
    assertEquals(heard.get(id), published.filter((payload) => String(payload % 2) === id));
  }
  assertEquals([all.gaps, even?.gaps, odd?.gaps], [0, 0, 0]);
});

Deno.test("a replay that is read while the hub is still catching up with Redis brings no event twice", async () => {
  await using chain = await openChain();
  const { server, writer, pubsub: { on } } = chain;
  const published: number[] = [];
  const publish = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const payload = 2 * published.length + 1;
      published.push(payload);
      writer.target.publish({ type: "run", id: "1", payload });
    }
  };
  using first = on("run", "1", () => {}, { from: "start" });
  await first.replayed;
  for (let round = 0; round < 2; round++) {
    await ask(server, "CLIENT", "KILL", "TYPE", "pubsub");
    publish(5000);
    await writer.target.flush().catch(() => {});
    const heard: number[] = [];
    const again = on("run", "1", ({ payload }) => void heard.push(payload), { from: { last: 3 } });
    await again.replayed;
    publish(1);
    await eventually(() => assert(heard.includes(published.at(-1) ?? 0)));
    assertEquals([heard, again.gaps], [published.slice(published.indexOf(heard[0] ?? 0)), 0]);
    again();
  }
});
