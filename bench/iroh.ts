// How many events a second does a hub send to a spoke over QUIC?
//
// `deno run -A bench/iroh.ts`. It does not use `Deno.bench`, which cannot take turns: here each round sends a burst
// each way, so that other load on the machine affects all of them. Every way has two endpoints on loopback and one stream,
// both ends on this thread, and checks that each event arrives.

import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { Connection, Endpoint, RecvStream, SendStream } from "@number0/iroh";
import { createHubIrohEventTarget, createSpokeIrohEventTarget } from "../adapters/iroh.ts";

import { createPubSub } from "../mod.ts";
import { ALPN, bindLocal } from "../scripts/lib/iroh.ts";
import { Arrivals, BURST, type Events, ID, TYPE } from "./_load.ts";
import { takeTurns } from "./_turns.ts";

/** The least factors by which it must be faster than the others. */
const LEAST = { "bare stream, one awaited write per event": 3.5, "bare stream, one write per burst": 0.9 };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Kept, since a garbage-collected endpoint takes its connections with it. */
const endpoints: Endpoint[] = [];

/** Sends a burst, and resolves when all of it has arrived. */
type SendBurst = () => Promise<void>;

const ways: Readonly<Record<string, SendBurst>> = {
  "@alkdev/pubsub": await openPubSub(),
  "bare stream, one awaited write per event": await openBare(async (send) => {
    for (const payload of BURST) {
      await send.writeAll(frameOf(encoder.encode(JSON.stringify({ type: TYPE, id: ID, payload }))));
    }
  }),
  "bare stream, one write per burst": await openBare((send) => send.writeAll(frameOf(burstBytes()))),
  "bare stream, one deflated write per burst": await openBare(
    (send) => send.writeAll(frameOf(deflateRawSync(burstBytes(), { level: 2 }))),
    inflateRawSync,
  ),
};

const took = await takeTurns(ways, { rounds: 150, warmUpRounds: 20 });
const medianTime = (name: string): number => took.get(name)?.time ?? NaN;
const group = `bursts of ${BURST.length} over QUIC`;
const rows = Object.fromEntries(Object.keys(ways).map((name) => [`${group}: ${name}`, medianTime(name)]));
console.log(JSON.stringify({ rows }));
let missed = false;
for (const [name, least] of Object.entries(LEAST)) {
  const ratio = medianTime(name) / medianTime("@alkdev/pubsub");
  if (ratio >= least) continue;
  missed = true;
  console.error(`A burst takes ${name} ${ratio.toFixed(3)} times as long as it takes us, ${least} is asked`);
}
Deno.exit(missed ? 1 : 0);

async function openPubSub(): Promise<SendBurst> {
  const [accepted, connected] = await connect();
  const { publish } = createPubSub<Events>({ eventTarget: createHubIrohEventTarget(accepted) });
  const spoke = createSpokeIrohEventTarget(connected);
  const arrivals = new Arrivals();
  let onBurst = (): void => {};
  spoke.listen(TYPE, ID, {
    onEvent() {
      if (++arrivals.count === BURST.length) onBurst();
    },
  });
  await spoke.flush();
  return async () => {
    const burst = new Promise<void>((resolve) => onBurst = resolve);
    for (const status of BURST) publish(TYPE, ID, status);
    await burst;
    arrivals.check(BURST.length);
  };
}

/** A stream without the library. */
async function openBare(
  sendBurst: (send: SendStream) => Promise<void>,
  inflate = (body: Uint8Array): Uint8Array => body,
): Promise<SendBurst> {
  const [accepted, connected] = await connect();
  const { send } = await accepted.openBi();
  // A stream exists once something is written to it.
  await send.writeAll([0]);
  const { recv } = await connected.acceptBi();
  await recv.read(1);
  const arrivals = new Arrivals();
  let onBurst = (): void => {};
  void readFrames(recv, (body) => {
    const frame: unknown = JSON.parse(decoder.decode(inflate(body)));
    arrivals.count += Array.isArray(frame) ? frame.length : 1;
    if (arrivals.count === BURST.length) onBurst();
  });
  return async () => {
    const burst = new Promise<void>((resolve) => onBurst = resolve);
    await sendBurst(send);
    await burst;
    arrivals.check(BURST.length);
  };
}

/** Reads in bulk and splits the frames, as fast as hand-written code can. */
async function readFrames(recv: RecvStream, onFrame: (body: Uint8Array) => void): Promise<void> {
  let rest = new Uint8Array();
  for (;;) {
    const chunk = await recv.read(65_536);
    const bytes = new Uint8Array(rest.length + chunk.length);
    bytes.set(rest);
    for (let i = 0; i < chunk.length; i++) bytes[rest.length + i] = chunk[i] ?? 0;
    const view = new DataView(bytes.buffer);
    let at = 0;
    while (at + 4 <= bytes.length && at + 4 + view.getUint32(at) <= bytes.length) {
      const end = at + 4 + view.getUint32(at);
      onFrame(bytes.subarray(at + 4, end));
      at = end;
    }
    rest = bytes.slice(at);
  }
}

/** A burst as a batch of JSON. */
function burstBytes(): Uint8Array {
  const events = BURST.map((payload) => JSON.stringify({ type: TYPE, id: ID, payload }));
  return encoder.encode(`[${events.join(",")}]`);
}

/** A frame as the binding takes it, made as fast as possible. */
function frameOf(body: Uint8Array): number[] {
  const { length } = body;
  const frame = new Array<number>(4 + length);
  for (let i = 0; i < 4; i++) frame[i] = (length >>> (24 - 8 * i)) & 0xff;
  for (let i = 0; i < length; i++) frame[4 + i] = body[i] ?? 0;
  return frame;
}

/** The ends of a new connection. */
async function connect(): Promise<[accepted: Connection, connected: Connection]> {
  const [server, client] = [await bindLocal(true), await bindLocal(false)];
  endpoints.push(server, client);
  const accepted = server.acceptNext().then((incoming) => incoming?.accept()).then((it) => it?.connect());
  const connected = await client.connect(server.addr(), ALPN);
  const connection = await accepted;
  if (connection === undefined) throw new Error("The endpoint was closed");
  return [connection, connected];
}
