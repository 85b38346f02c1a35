// Does an event that comes alone arrive later than one that a bare WebSocket carries?
//
// `deno run -A bench/hub_latency.ts`. It is no `Deno.bench`, which cannot take turns: here each round sends one event
// in either way, so that whatever else the machine does meets both. Server and client share a clock and a thread.

import { createPubSub, createWebSocketClientEventTarget, createWebSocketServerEventTarget } from "../mod.ts";
import { type Events, ID, type Status, TYPE } from "./_load.ts";
import { summaryOf } from "./_report.ts";

const ROUNDS = 1000;
const WARM_UP_EVENTS = 20_000;
/** A hundred events a second: far enough apart that nothing is warm any more when the next one comes. */
const PAUSE_MS = 10;
const MOST = 1.15;

/** Sends an event; `onArrival` hears its payload when the program at the other end has it. */
interface Way {
  readonly send: (status: Status) => void;
  onArrival: (status: Status) => void;
}

const bare = await connectBare();
const pubsub = await connectPubSub();
const latencies = { bare: [] as number[], pubsub: [] as number[] };

// A hub that has been at work for a while is compiled; else this would be about V8's interpreter.
for (const way of [bare, pubsub]) {
  for (let n = 0; n < WARM_UP_EVENTS; n++) await measure(way, n);
}

for (let n = 0; n < ROUNDS; n++) {
  // Who goes second finds the caches warm: they take turns in that too.
  const order = n % 2 === 0 ? ["bare", "pubsub"] as const : ["pubsub", "bare"] as const;
  for (const name of order) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    latencies[name].push(await measure(name === "bare" ? bare : pubsub, n));
  }
}

const medians = { bare: summaryOf(latencies.bare).median, pubsub: summaryOf(latencies.pubsub).median };
const ratio = medians.pubsub / medians.bare;
console.log(JSON.stringify({
  rows: { "latency: bare send": medians.bare, "latency: @alkdev/pubsub": medians.pubsub },
}));
if (ratio > MOST) {
  console.error(
    `The median latency is ${ratio.toFixed(3)} times that of a bare send, at most ${MOST} is asked`,
  );
}
Deno.exit(ratio > MOST ? 1 : 0);

async function measure(way: Way, n: number): Promise<number> {
  const arrival = Promise.withResolvers<Status>();
  let end = 0;
  way.onArrival = (status) => {
    end = performance.now();
    arrival.resolve(status);
  };
  const start = performance.now();
  way.send({ state: "running", n });
  const status = await arrival.promise;
  if (status.n !== n) throw new Error(`The event ${status.n} arrived instead of ${n}`);
  // In nanoseconds, as a bench's rows are.
  return (end - start) * 1e6;
}

async function connectBare(): Promise<Way> {
  const [server, client] = await connect();
  const way: Way = {
    send: (payload) => server.send(JSON.stringify({ type: TYPE, id: ID, payload })),
    onArrival() {},
  };
  client.onmessage = ({ data }) => way.onArrival(JSON.parse(data).payload);
  return way;
}

async function connectPubSub(): Promise<Way> {
  const [server, client] = await connect();
  const hub = createWebSocketServerEventTarget();
  hub.addConnection(server);
  const spoke = createWebSocketClientEventTarget(client);
  const { publish } = createPubSub<Events>({ eventTarget: hub });
  const way: Way = { send: (status) => publish(TYPE, ID, status), onArrival() {} };
  const ready = Promise.withResolvers<void>();
  spoke.listen(TYPE, ID, {
    // The hub sends this type with that payload only.
    onEvent: ({ payload }) => way.onArrival(payload as Status),
    onReady: ready.resolve,
  });
  await ready.promise;
  return way;
}

/** The ends of a new WebSocket, both open. */
async function connect(): Promise<[server: WebSocket, client: WebSocket]> {
  const accepted = Promise.withResolvers<WebSocket>();
  const { addr } = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.addEventListener("open", () => accepted.resolve(socket));
    return response;
  });
  const client = new WebSocket(`ws://127.0.0.1:${addr.port}`);
  const opened = new Promise((resolve) => client.addEventListener("open", resolve));
  const server = await accepted.promise;
  await opened;
  return [server, client];
}
