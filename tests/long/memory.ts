// Prints how much memory a hub takes for peers that do their worst, beside what docs/production.md says, as a table. Arguments
// choose the cases whose names contain one of them. All of them take about 15 minutes.

import { setTimeout as delay } from "node:timers/promises";
import type { MemoryCase } from "../support/memory/case.ts";
import { CONNECTION_CASES } from "../support/memory/connection_cases.ts";
import { type HubMemory, type MemoryHub, type MemoryRuntime, startMemoryHub } from "../support/memory/hub.ts";
import { INCOMING_CASES } from "../support/memory/incoming_cases.ts";
import { OUTGOING_CASES } from "../support/memory/outgoing_cases.ts";
import { WorstPeer } from "../support/memory/peer.ts";

const RUNTIMES: readonly MemoryRuntime[] = ["Deno", "ws on Node 20"];
const SETTLED_MS = 1500;
const GIVE_UP_MS = 30_000;
const GONE_MS = 10_000;
/** The most that the resident memory may be of what the page says, and what may stay of the heap when the peers are gone. */
const MAX_RATIO = 1.5;
const MAX_LEFT = 1.1;

console.log("| Case | Hub | Peers | Says, MB | Peak, MB | Held, MB | Ratio | Left behind | The hub then |");
console.log("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
for (const one of [...OUTGOING_CASES, ...INCOMING_CASES, ...CONNECTION_CASES]) {
  if (Deno.args.length > 0 && !Deno.args.some((arg) => one.name.includes(arg))) continue;
  for (const runtime of RUNTIMES) {
    console.log(`| ${one.name} | ${runtime} | ${await measure(one, runtime)} |`);
  }
}
Deno.exit();

async function measure(one: MemoryCase, runtime: MemoryRuntime): Promise<string> {
  await using hub = await startMemoryHub(runtime, one.options);
  await warmUp(hub);
  const start = await hub.ask({ collect: true });
  hub.forgetPeak();
  const first = await round(one, hub);
  // The first round compiles and reserves what every further one has.
  const before = await hub.ask({ collect: true });
  await round(one, hub);
  const after = await hub.ask({ collect: true });

  const peak = first.peak - start.rss;
  const held = first.held.rss - start.rss;
  const ratio = peak / one.says;
  const left = kept(after) / kept(before);
  const cells = [
    one.peers,
    megabytes(one.says),
    megabytes(peak),
    megabytes(held),
    `${ratio.toFixed(1)}${ratio > MAX_RATIO ? " (too much)" : ""}`,
    `${Math.round(100 * left)} %${left > MAX_LEFT ? " (too much)" : ""}`,
    `${first.held.connectionCount} open, ${first.held.closingCount} closing, ${
      JSON.stringify(first.held.reported)
    }`,
  ];
  return cells.join(" | ");
}

/** Lets the peers do their worst, measures, and lets them go. */
async function round(one: MemoryCase, hub: MemoryHub): Promise<{ peak: number; held: HubMemory }> {
  const peers = await Promise.all(Array.from({ length: one.peers }, () => WorstPeer.connect(hub.port)));
  const later = await one.attack(peers, hub) ?? [];
  await settle(hub);
  const { peak } = hub.resident();
  const held = await hub.ask({ collect: true });
  for (const peer of [...peers, ...later]) peer.destroy();
  for (let ms = 0; ms < GONE_MS; ms += 100) {
    const { connectionCount, closingCount } = await hub.ask();
    if (connectionCount + closingCount === 0) break;
    await delay(100);
  }
  return { peak, held };
}

/** Waits until the hub's memory does not grow any more. */
async function settle(hub: MemoryHub): Promise<void> {
  let [highest, stillMs] = [0, 0];
  for (let ms = 0; ms < GIVE_UP_MS && stillMs < SETTLED_MS; ms += 100) {
    await delay(100);
    await hub.ask();
    const { peak } = hub.resident();
    stillMs = peak > highest + 1e6 ? 0 : stillMs + 100;
    highest = Math.max(highest, peak);
  }
}

/** A well-behaved exchange, so that what every hub needs is there. */
async function warmUp(hub: MemoryHub): Promise<void> {
  const peer = await WorstPeer.connect(hub.port);
  await peer.send('{"type":"__hello","id":"","payload":{"version":1,"batch":true}}');
  await peer.send(
    '{"type":"__subscribe","id":"1","payload":{"topics":["fill"]}}',
    '{"type":"__ping","id":"1"}',
  );
  await hub.ask({ publish: { count: 20, bytes: 100, perTurn: 1 } });
  peer.destroy();
  await delay(200);
}

function kept({ heapUsed, external, arrayBuffers }: HubMemory): number {
  return heapUsed + external + arrayBuffers;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
