// What does it cost a hub to receive the events of its spokes?
//
// `deno run -A bench/spoke_to_hub.ts`. Every hub is on this thread and calls back with each event. Its spokes are in
// another process. All hubs take turns, and the rows are medians.

import { type Clients, type Order, startClients } from "./_clients.ts";
import { type HubName, HUBS } from "./_hubs.ts";
import { BURST, type Status } from "./_load.ts";
import { takeTurns } from "./_turns.ts";

const NAMES = [
  "@alkdev/pubsub",
  "socket.io",
  "bare sockets, one send per event",
  "bare sockets, one send per burst",
] as const satisfies readonly HubName[];

const SPOKES = [1, 10] as const;
const TURNS = { rounds: 40, warmUpRounds: 10 };

/** The number of events in a round: so many that the cost of the command to send them does not count. */
const EVENTS = { [`bursts of ${BURST.length}`]: 8 * BURST.length, "single events": 1000 };

/** A hub with its spokes. */
interface Way {
  readonly name: HubName;
  readonly clients: Clients;
  /** Called with each payload that arrives at the hub. */
  onStatus: (status: Status) => void;
}

const rows: Record<string, number> = {};
for (const spokes of SPOKES) {
  const ways = await Promise.all(NAMES.map((name) => open(name, spokes)));
  for (const [load, events] of Object.entries(EVENTS)) {
    const burst = load === "single events" ? 1 : BURST.length;
    const order = { bursts: Math.ceil(events / burst / spokes), burst };
    // A burst of one event is an event.
    const compared = ways.filter(({ name }) => burst > 1 || name !== "bare sockets, one send per burst");
    await measure(load, order, spokes, compared);
  }
}
console.log(JSON.stringify({ rows }));
Deno.exit();

async function open(name: HubName, count: number): Promise<Way> {
  const { port, protocol } = await HUBS[name]((status) => way.onStatus(status));
  const clients = await startClients({ port, protocol, count, burst: BURST.length });
  const way: Way = { name, clients, onStatus() {} };
  return way;
}

async function measure(load: string, order: Order, spokes: number, ways: readonly Way[]): Promise<void> {
  const events = order.bursts * order.burst * spokes;
  const from = `${load} from ${spokes === 1 ? "a spoke" : `${spokes} spokes`}`;
  const turns = ways.map((way) => [way.name, () => carry(way, order, spokes)]);
  for (const [name, { time, cpu }] of await takeTurns(Object.fromEntries(turns), TURNS)) {
    rows[`an event, ${from}: ${name}`] = time / events;
    rows[`processor time of a hub's event, ${from}: ${name}`] = cpu / events;
  }
}

/** Resolves when every event has arrived. Rejects if one is missing, arrives twice or overtakes one of its spoke. */
async function carry(way: Way, order: Order, spokes: number): Promise<void> {
  const { bursts, burst } = order;
  const arrived = Array.from({ length: spokes }, () => 0);
  let left = bursts * burst * spokes;
  await new Promise<void>((resolve, reject) => {
    way.onStatus = ({ n }) => {
      const spoke = Math.floor(n / burst);
      const place = arrived[spoke] ?? NaN;
      if (n % burst !== place % burst) reject(new Error(`${way.name}: the event ${n} arrived out of turn`));
      arrived[spoke] = place + 1;
      if (--left === 0) resolve();
    };
    way.clients.publish(order);
  });
  if (arrived.some((count) => count !== bursts * burst)) {
    throw new Error(`${way.name}: ${arrived} events arrived instead of ${bursts * burst} of each spoke`);
  }
}
