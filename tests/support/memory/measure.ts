/** Measures how much memory a hub takes for peers that do their worst. */
import { setTimeout as delay } from "node:timers/promises";
import type { MemoryCase } from "./case.ts";
import { type HubMemory, type MemoryHub, type MemoryRuntime, startMemoryHub } from "./hub.ts";
import { WorstPeer } from "./peer.ts";

export const MEMORY_RUNTIMES: readonly MemoryRuntime[] = ["Deno", "ws on Node 20"];

const SETTLED_MS = 1500;
const GIVE_UP_MS = 30_000;
const GONE_MS = 10_000;
/** The most that the resident memory may be of what the page says, and what may stay of the heap when the peers are gone. */
const MAX_RATIO = 1.5;
const MAX_LEFT = 1.1;

/** What a case has shown. All sizes are in bytes. */
export interface MemoryResult {
  readonly says: number;
  /** How much more memory was resident at most, and with the peers still there, after a collection. */
  readonly peak: number;
  readonly held: number;
  /** The peak, of what the page says. */
  readonly ratio: number;
  /** What was left of heap and buffers once the peers were gone, of what there was before. */
  readonly left: number;
  /** What does not hold. */
  readonly faults: readonly string[];
  readonly hub: HubMemory;
}

/** Lets the peers of a case do their worst twice, and measures. */
export async function measure(one: MemoryCase, runtime: MemoryRuntime): Promise<MemoryResult> {
  await using hub = await startMemoryHub(runtime, one.options);
  await warmUp(hub);
  const start = await hub.ask({ collect: true });
  hub.forgetPeak();
  const first = await round(one, hub);
  // The first round compiles and reserves what every further one has.
  const before = await hub.ask({ collect: true });
  await round(one, hub);
  const after = await hub.ask({ collect: true });

  const says = typeof one.says === "number" ? one.says : one.says[runtime];
  const peak = first.peak - start.rss;
  const ratio = peak / says;
  const left = kept(after) / kept(before);
  const faults: string[] = [];
  if (ratio > MAX_RATIO) faults.push(`${ratio.toFixed(2)} × what the page says`);
  if (left > MAX_LEFT) faults.push(`${Math.round(100 * left)} % are left behind`);
  return { says, peak, held: first.held.rss - start.rss, ratio, left, faults, hub: first.held };
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
