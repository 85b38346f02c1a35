/**
 * Some of the spokes of a hub with a history, in a process of their own. Each checks that it receives all events of its room
 * once and in order.
 *
 *     history_spokes.ts <hub URL> <first spoke> <how many> <how many rooms> <which life> <JSON: where spokes stood that were killed>
 *
 * Prints a JSON object a line: see `history_messages.ts`. The command `settle` on stdin asks whether each spoke is connected
 * and has recovered, and `account` for their numbers. It ends with stdin.
 *
 * @module
 */
import { createPubSub, createWebSocketClientEventTarget } from "@alkdev/pubsub";
import { createResume } from "@alkdev/pubsub/history";
import { lines } from "../../../scripts/lib/lines.ts";
import { Opener } from "./accounts.ts";
import { type Numbered, type Standing, tell } from "./history_messages.ts";

const [url = "", ...numbers] = Deno.args;
const [first = 0, count = 0, rooms = 1, life = 0] = numbers.map(Number);
const standing: Readonly<Record<number, Standing>> = JSON.parse(Deno.args[5] ?? "{}");
const resume = createResume();

interface Spoke {
  /** Waits until it is connected, and has recovered. */
  settle(): Promise<void>;
  /** Tells its numbers. */
  account(): Promise<void>;
}

async function startSpoke(spoke: number): Promise<Spoke> {
  // Whether the outcome of the last loss was told.
  let isSettled = true;
  const opener = new Opener(url, `${spoke}.${life}`);
  const eventTarget = opener.serve(createWebSocketClientEventTarget(opener.open, {
    resume,
    heartbeatMs: 1500,
    connectTimeoutMs: 2000,
    reconnectDelayMs: 200,
    maxReconnectDelayMs: 1000,
    onError() {},
    onStatus({ state, gap, recovered }) {
      isSettled = state === "open" && (isSettled || gap === true || recovered === true);
      if (gap) tell({ kind: "gap", spoke });
      if (recovered) tell({ kind: "recovered", spoke });
    },
  }));
  const pubsub = createPubSub<{ numbered: Numbered }>({ eventTarget });
  const { n: before = -1, at = "start" } = standing[spoke] ?? {};
  const subscription = pubsub.subscribe("numbered", `room_${spoke % rooms}`, { from: at });
  await subscription.ready;
  let heard = 0;
  void listen(spoke, subscription, before, () => heard++).then(() =>
    subscription.gaps && tell({ kind: "gap", spoke })
  );
  return {
    async account() {
      await eventTarget.flush();
      const account = opener.account({ room: "", said: 0, heard });
      if (account !== undefined) tell(account);
    },
    async settle() {
      while (!isSettled || eventTarget.status.state !== "open") {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
  };
}

async function listen(
  spoke: number,
  events: AsyncIterable<{ readonly payload: Numbered; readonly at?: string }>,
  before: number,
  onHeard: () => void,
): Promise<void> {
  let after = before;
  for await (const { payload: { n, last }, at = "" } of events) {
    if (n !== after + 1) tell({ kind: "jumped", spoke, after, n });
    after = n;
    onHeard();
    tell({ kind: "heard", spoke, n, at });
    if (last) return tell({ kind: "complete", spoke });
  }
}

const spokes = await Promise.all(Array.from({ length: count }, (_, i) => startSpoke(first + i)));
tell({ kind: "ready" });
for await (const command of lines(Deno.stdin.readable)) {
  if (command === "account") { for (const spoke of spokes) await spoke.account(); }
  if (command !== "settle") continue;
  await Promise.all(spokes.map((spoke) => spoke.settle()));
  tell({ kind: "settled" });
}
Deno.exit();
