// Does a single event arrive later than over a bare WebSocket?
//
// `deno run -A bench/hub_latency.ts`. It does not use `Deno.bench`, which cannot take turns: here each round
// sends one event each way. Server and client share a clock and a thread.

import { createPubSub, createWebSocketClientEventTarget, createWebSocketServerEventTarget } from "../mod.ts";
import { type Events, ID, type Status, TYPE } from "./_load.ts";
import { serve } from "./_serve.ts";
import { takeTurns } from "./_turns.ts";

/** Enough events for V8 to compile the hub. Otherwise this would measure its interpreter. */
const WARM_UP = { rounds: 0, warmUpRounds: 20_000 };
/** A hundred events a second: far enough apart that nothing is warm when the next one arrives. */
const PAUSE_MS = 10;
const PACED = {
  rounds: 1000,
  warmUpRounds: 0,
  prepare: () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS)),
};
const MOST = 1.15;

/** Sends an event. Calls `onArrival` with its payload when the other end has received it. */
interface Way {
  readonly send: (status: Status) => void;
  onArrival: (status: Status) => void;
}

const ways = {
  "bare send": carryBy(await connectBare()),
  "@alkdev/pubsub": carryBy(await connectPubSub()),
};
await takeTurns(ways, WARM_UP);
const took = await takeTurns(ways, PACED);
const rows = Object.fromEntries(Array.from(took, ([name, { time }]) => [`latency: ${name}`, time]));
console.log(JSON.stringify({ rows }));
const ratio = (took.get("@alkdev/pubsub")?.time ?? NaN) / (took.get("bare send")?.time ?? NaN);
if (ratio > MOST) {
  console.error(
    `The median latency is ${ratio.toFixed(3)} times that of a bare send, at most ${MOST} is asked`,
  );
}
Deno.exit(ratio > MOST ? 1 : 0);

/** Returns a function that sends the next event, and resolves with its time of arrival. */
function carryBy(way: Way): () => Promise<number> {
  let sent = 0;
  return () =>
    new Promise((resolve, reject) => {
      way.onArrival = ({ n }) => {
        if (n === sent) resolve(performance.now());
        else reject(new Error(`The event ${n} arrived instead of ${sent}`));
      };
      way.send({ state: "running", n: ++sent });
    });
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
    // The hub sends this type only with this payload.
    onEvent: ({ payload }) => way.onArrival(payload as Status),
    onReady: ready.resolve,
  });
  await ready.promise;
  return way;
}

/** The ends of a new WebSocket, both open. */
async function connect(): Promise<[server: WebSocket, client: WebSocket]> {
  const accepted = Promise.withResolvers<WebSocket>();
  const client = new WebSocket(`ws://127.0.0.1:${serve(accepted.resolve)}`);
  await new Promise((resolve) => client.addEventListener("open", resolve));
  return [await accepted.promise, client];
}
