// How long does a storm of links that resume at once stop a hub, and how much of that is the library?
//
// `deno run -A bench/resume_storm.ts [links] [events]`. The hub is a process of its own. Its clients are sockets that only look
// for the end of a replay, and a spoke in a thread hears an event every two milliseconds. The control is a server without the
// library, which sends the same frames in the turn of the request. Both take turns. The stops are processor time, so that
// neither the clients nor other programs are in them.

import { denoCommand, startLineProcess } from "./_processes.ts";
import type { StormTask } from "./_storm_hub.ts";

const [links = 1000, events = 100] = Deno.args.map(Number);
const ROUNDS = 9;
/** The first rounds, in which the code is still being compiled. */
const WARM_UP = 2;

interface Measured {
  readonly rates: number[];
  readonly longest: number[];
  readonly sums: number[];
  readonly before: number[];
  readonly during: number[];
}

const ways = await Promise.all(["hub", "bare"].map(start));
for (let round = 0; round < ROUNDS; round++) {
  for (const { storm, measured } of ways) await storm(round < WARM_UP ? undefined : measured);
}
const rows: Record<string, number> = {};
for (const { name, measured } of ways) {
  const { rates, longest, sums, before, during } = measured;
  rows[`${name}: events/s`] = Math.round(quantile(rates, 0.5));
  rows[`${name}: µs of processor time, the longest stop`] = Math.round(1000 * quantile(longest, 0.5));
  rows[`${name}: µs of processor time, all stops of a storm`] = Math.round(1000 * quantile(sums, 0.5));
  for (const [when, late] of [["before", before], ["during", during]] as const) {
    rows[`${name}: µs late, a neighbour ${when}: half of its events`] = Math.round(
      1000 * quantile(late, 0.5),
    );
    rows[`${name}: µs late, a neighbour ${when}: 99 of 100`] = Math.round(1000 * quantile(late, 0.99));
  }
}
console.log(JSON.stringify({ rows }));
Deno.exit();

async function start(name: string) {
  const hub = startLineProcess(denoCommand("./_storm_hub.ts", name));
  const port = Number(await hub.next());
  const ask = async (task: StormTask): Promise<unknown> => {
    hub.tell(task);
    return JSON.parse(await hub.next());
  };
  const neighbour = new Worker(new URL("./_resumed_neighbour.ts", import.meta.url), { type: "module" });
  const askNeighbour = (task: unknown): Promise<unknown> => {
    const answered = new Promise((resolve) => neighbour.onmessage = ({ data }) => resolve(data));
    neighbour.postMessage(task);
    return answered;
  };
  await new Promise((resolve) => neighbour.onmessage = resolve);
  await askNeighbour(port);
  const late = async (): Promise<number[]> => Object.values(Object(await askNeighbour("late"))).map(Number);
  const measured: Measured = { rates: [], longest: [], sums: [], before: [], during: [] };
  let count = 0;
  const storm = async (into: Measured | undefined): Promise<void> => {
    let ended = 0;
    const sockets = await Promise.all(
      Array.from({ length: links }, () => open(port, (isWhole) => ended += isWhole ? 1 : NaN)),
    );
    const at = await ask({ kind: "publish", links, events });
    await pause(400);
    await late();
    await pause(400);
    const before = await late();
    await ask({ kind: "stops" });
    const begun = performance.now();
    for (const [i, socket] of sockets.entries()) {
      const hello = { version: 1, batch: true, history: true, maxFrameBytes: 1024 * 1024 };
      const link = { link: `${++count},608005927,1924583466,97723288`, connection: 1, heartbeatMs: 25_000 };
      socket.send(JSON.stringify({ type: "__hello", id: "", payload: { ...hello, ...link } }));
      socket.send(
        JSON.stringify({ type: "__subscribe", id: "1", payload: { topics: [`news:${i}`], since: [at] } }),
      );
    }
    while (ended < links) await pause(1);
    if (ended !== links) throw new Error("A replay was not whole");
    const ms = performance.now() - begun;
    const during = await late();
    const stops = Object.values(Object(await ask({ kind: "stops" }))).map(Number);
    into?.rates.push(1000 * links * events / ms);
    into?.longest.push(Math.max(...stops));
    into?.sums.push(stops.reduce((sum, stop) => sum + stop, 0));
    into?.before.push(...before);
    into?.during.push(...during);
    for (const socket of sockets) socket.close();
    await pause(300);
  };
  return { name, storm, measured };
}

async function open(port: number, onEnd: (isWhole: boolean) => void): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  socket.onmessage = ({ data }) => {
    if (data.startsWith('{"type":"__replayed"')) onEnd(data.includes('"whole":true'));
  };
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  return socket;
}

function quantile(values: readonly number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(q * (values.length - 1))] ?? NaN;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
