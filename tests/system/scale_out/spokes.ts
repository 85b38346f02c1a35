/**
 * Some of the spokes, in a process of their own. Each publishes events in its room at random times, and checks that it
 * receives all events of the room once and in order.
 *
 *     spokes.ts <hub URL> <first spoke> <how many> <how many rooms> <spokes in a room> <which life> [history]
 *
 * Prints a JSON object a line: see `messages.ts`. The command `settle` on stdin asks whether each spoke is connected,
 * `talk` lets them publish, `finish` lets each publish its last event, and `account` asks for their numbers. It ends with stdin, and so with the process that started it.
 *
 * @module
 */
import {
  ConnectionLostError,
  createPubSub,
  createWebSocketClientEventTarget,
  type PubSubEventTarget,
} from "@alkdev/pubsub";
import { createResume } from "@alkdev/pubsub/history";
import { lines } from "../../../scripts/lib/lines.ts";
import { Opener } from "./accounts.ts";
import { type RoomEvents, type Said, tell } from "./messages.ts";

/** The longest pause of a spoke between two bursts, in milliseconds. */
const MAX_PAUSE_MS = 1500;
/** The most events of a burst. */
const MAX_BURST = 3;

const LINK_OPTIONS = {
  heartbeatMs: 1500,
  connectTimeoutMs: 2000,
  reconnectDelayMs: 200,
  maxReconnectDelayMs: 1000,
};

const [url = ""] = Deno.args;
const [first = 0, count = 0, rooms = 1, roomSize = 1, life = 0] = Deno.args.slice(1).map(Number);
const hasHistory = Deno.args[6] !== undefined;
const since = Date.now();

/** A publishing spoke. */
interface Spoke {
  /** Waits until its hub has answered, over as many connections as that takes. */
  settle(): Promise<void>;
  /** Publishes at random times from now on. */
  talk(): void;
  /** Publishes its last event. */
  finish(): void;
  /** Tells its numbers. */
  account(): void;
}

async function startSpoke(id: number): Promise<Spoke> {
  const spoke = `${id}.${life}`;
  const room = `room_${id % rooms}`;
  const opener = new Opener(url, spoke);
  const eventTarget = opener.serve(createWebSocketClientEventTarget(opener.open, {
    ...LINK_OPTIONS,
    ...(hasHistory && { resume: createResume() }),
    onStatus: ({ gap = false }) => tell({ kind: "status", spoke, gap, at: Date.now() }),
  }));
  const pubsub = createPubSub<RoomEvents>({ eventTarget });
  const subscription = pubsub.subscribe("room.said", room);
  await subscription.ready;
  let heard = 0;
  void listen(spoke, subscription, Date.now(), () => ++heard);

  let n = 0;
  const say = (last = false): void => {
    tell({ kind: "said", spoke, n, at: Date.now() });
    pubsub.publish("room.said", room, { from: spoke, since, n: n++, last });
  };
  const talk = (): void => {
    for (let i = Math.random() * MAX_BURST; i > 0; i--) say();
    timer = setTimeout(talk, Math.random() * MAX_PAUSE_MS);
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    talk: () => void (timer = setTimeout(talk, Math.random() * MAX_PAUSE_MS)),
    account() {
      const account = opener.account({ room, said: n, heard });
      if (account !== undefined) tell(account);
    },
    settle: () => answered(eventTarget),
    finish() {
      clearTimeout(timer);
      say(true);
    },
  };
}

async function answered(eventTarget: PubSubEventTarget): Promise<void> {
  try {
    await eventTarget.flush();
  } catch (error) {
    if (!(error instanceof ConnectionLostError) || eventTarget.status.state === "closed") throw error;
    await answered(eventTarget);
  }
}

async function listen(
  spoke: string,
  said: AsyncIterable<{ readonly payload: Said }>,
  readyAt: number,
  onHeard: () => number,
): Promise<void> {
  const lastOf = new Map<string, number>();
  let finished = 0;
  for await (const { payload: { from, since, n, last } } of said) {
    const heard = onHeard();
    // For a spoke that started earlier, the first received event is the start.
    const after = lastOf.get(from) ?? (since > readyAt ? -1 : n - 1);
    if (n !== after + 1) tell({ kind: "jumped", spoke, from, after, n });
    lastOf.set(from, Math.max(after, n));
    if (last && ++finished === roomSize) tell({ kind: "complete", spoke, heard });
  }
}

const spokes = await Promise.all(Array.from({ length: count }, (_, i) => startSpoke(first + i)));
tell({ kind: "ready" });
for await (const command of lines(Deno.stdin.readable)) {
  if (command === "talk") { for (const spoke of spokes) spoke.talk(); }
  if (command === "account") { for (const spoke of spokes) spoke.account(); }
  if (command === "finish") { for (const spoke of spokes) spoke.finish(); }
  if (command === "settle") {
    await Promise.all(spokes.map((spoke) => spoke.settle()));
    tell({ kind: "settled" });
  }
}
Deno.exit();
