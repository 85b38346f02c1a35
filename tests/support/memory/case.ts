/** What peers of a hub can do at worst: the parts that the cases share. */
import type { MemoryHub, MemoryRuntime } from "./hub.ts";
import type { WorstPeer } from "./peer.ts";

export const MIB = 1024 * 1024;
export const BUFFERED = 16 * MIB;
export const FRAME = MIB;
export const TOPICS = 10_000;
export const TOPIC_BYTES = 1024;
/** What a connection costs whose peer says nothing. */
export const CONNECTION: Readonly<Record<MemoryRuntime, number>> = { Deno: 50_000, "ws on Node 20": 25_000 };
/** What the hub's process takes once, while it parses frames and until it collects them. */
export const PARSING = 256 * FRAME;

/** Peers that do one thing. */
export interface MemoryCase {
  /** The bound, and what they do. */
  readonly name: string;
  /** The options of the hub. */
  readonly options: object;
  readonly peers: number;
  /** What all of them together may cost, in bytes, according to docs/production.md. */
  readonly says: number | Readonly<Record<MemoryRuntime, number>>;
  /** Whether it is one of those that `deno task test:long` runs. */
  readonly isShort?: boolean;
  /** Resolves with the peers that came later, if any. */
  attack(peers: readonly WorstPeer[], hub: MemoryHub): Promise<readonly WorstPeer[] | void>;
}

export async function all(
  peers: readonly WorstPeer[],
  use: (peer: WorstPeer, index: number) => Promise<void>,
): Promise<void> {
  await Promise.all(peers.map(use));
}

export async function subscribe(peers: readonly WorstPeer[], topic: string, batch = true): Promise<void> {
  const hello = '{"type":"__hello","id":"","payload":{"version":1,"batch":true}}';
  await all(peers, (peer) => peer.send(...(batch ? [hello] : []), subscribeTo([topic])));
  // The hub has read them by then.
  await new Promise((resolve) => setTimeout(resolve, 300));
}

export function subscribeTo(topics: readonly string[]): string {
  return JSON.stringify({ type: "__subscribe", id: "1", payload: { topics } });
}

/** Asks for 9,990 topics, and reads the answers. */
export async function subscribeInParts(peer: WorstPeer, topic: (index: number) => string): Promise<void> {
  peer.read();
  for (let at = 0; at < 9990; at += 333) {
    await peer.send(subscribeTo(Array.from({ length: 333 }, (_, j) => topic(at + j))));
  }
}

export function event(payload: unknown): string {
  return JSON.stringify({ type: "a", id: "", payload });
}
