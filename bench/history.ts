// What does a history cost what is published, in a process and on a hub?
//
// `deno run -A bench/history.ts`. The spokes of the hub have sockets that only count, so that the time is the one of the hub.
// The ways take turns, and the figures are processor time.

import { createInProcessEventTarget, createPubSub, createWebSocketServerEventTarget } from "../mod.ts";
import type { WebSocketLike } from "../adapters/websocket_server.ts";
import { createMemoryHistory } from "../adapters/history.ts";
import { Arrivals, BURST, type Events, ID, TOPIC, TYPE } from "./_load.ts";
import { takeTurns, type Turns } from "./_turns.ts";

const SPOKES = 100;
/** The events of one turn. */
const EVENTS = 32 * BURST.length;
/** A log that is full, as it is after a while. */
const BOUNDS = { perType: 10_000 };

/** A socket that counts what it is sent. */
class CountingSocket extends EventTarget implements WebSocketLike {
  readonly readyState = 1;
  readonly bufferedAmount = 0;
  frames = 0;
  characters = 0;

  send(data: string): void {
    this.frames++;
    this.characters += data.length;
  }

  close(): void {}

  receive(...frame: unknown[]): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(frame) }));
  }
}

type Publish = (n: number) => void;
type Way = () => Promise<unknown>;

const rows: Record<string, number> = {};

await measure(`in-process publish to a listener`, (declared) => {
  const history = createMemoryHistory({ [declared]: BOUNDS });
  const { publish, on } = createPubSub<Events>({ eventTarget: createInProcessEventTarget({ history }) });
  const arrivals = new Arrivals();
  on(TYPE, ID, () => void arrivals.count++);
  return async () => {
    await publishAll(BURST.length, (n) => publish(TYPE, ID, BURST[n] ?? fail()));
    arrivals.check(EVENTS);
  };
});
for (const size of [1, BURST.length]) {
  await measure(`an event in a burst of ${size} to ${SPOKES} spokes`, (declared) => wayOfHub(declared, size));
}
console.log(JSON.stringify({ rows }));
Deno.exit();

/** Measures a publish on a type that has a history, and on one that has none. */
async function measure(what: string, wayOf: (declared: string) => Way): Promise<void> {
  const turns: Turns = { rounds: 41, warmUpRounds: 10 };
  const ways = { "with a history": wayOf(TYPE), "another type has one": wayOf("other") };
  for (const [name, { cpu }] of await takeTurns(ways, turns)) rows[`${what}: ${name}`] = cpu / EVENTS;
}

function wayOfHub(declared: string, size: number): Way {
  const hub = createWebSocketServerEventTarget({ history: createMemoryHistory({ [declared]: BOUNDS }) });
  const { publish } = createPubSub<Events>({ eventTarget: hub });
  const sockets = Array.from({ length: SPOKES }, () => new CountingSocket());
  for (const socket of sockets) {
    hub.addConnection(socket);
    socket.receive(
      {
        type: "__hello",
        id: "",
        payload: { version: 1, batch: true, history: true, maxFrameBytes: 1_048_576 },
      },
      { type: "__subscribe", id: "1", payload: { topics: [TOPIC] } },
    );
  }
  return async () => {
    for (const socket of sockets) socket.characters = 0;
    await publishAll(size, (n) => publish(TYPE, ID, BURST[n] ?? fail()));
    const counted = new Set(sockets.map(({ characters }) => characters));
    if (counted.size !== 1 || counted.has(0)) {
      throw new Error(`Not all sockets got the same: ${[...counted]}`);
    }
  };
}

/** Publishes the events of a turn in bursts, each in a turn of the event loop. */
async function publishAll(size: number, publish: Publish): Promise<void> {
  for (let sent = 0; sent < EVENTS; sent += size) {
    for (let n = 0; n < size; n++) publish(n);
    await Promise.resolve();
    await Promise.resolve();
  }
}

function fail(): never {
  throw new Error("There is no such event");
}
