/** Many peers. */
import { BUFFERED, CONNECTION, type MemoryCase, subscribe, subscribeTo } from "./case.ts";
import { WorstPeer } from "./peer.ts";

export const CONNECTION_CASES: readonly MemoryCase[] = [
  {
    name: "maxConnections: 20, and 60 one after the other do not read, are dropped and send one more frame",
    options: { maxConnections: 20 },
    peers: 0,
    says: 20 * BUFFERED,
    async attack(_peers, hub) {
      const names = Array.from({ length: 9990 }, (_, i) => `__${i.toString(36)}`);
      const peers: WorstPeer[] = [];
      for (let i = 0; i < 60; i++) {
        const peer = await WorstPeer.connect(hub.port);
        await peer.send(...Array<string>(40).fill(subscribeTo(names)));
        peers.push(peer);
      }
      return peers;
    },
  },
  {
    name: "maxConnections: 20, and 60 one after the other do not read and end their half of TCP",
    options: { maxConnections: 20 },
    peers: 0,
    says: 20 * BUFFERED,
    async attack(_peers, hub) {
      const peers: WorstPeer[] = [];
      for (let i = 0; i < 60; i++) {
        const peer = await WorstPeer.connect(hub.port);
        await subscribe([peer], "fill");
        await hub.ask({ publish: { count: 1, bytes: 1_000_000, perTurn: 1 } });
        peer.endHalf();
        peers.push(peer);
      }
      return peers;
    },
  },
  {
    name: "maxConnections: 100, and 1,500 are turned away and do not close",
    options: { maxConnections: 100 },
    peers: 1600,
    says: times(1600, CONNECTION),
    attack: () => Promise.resolve(),
  },
  {
    name: "maxConnections: 100, and 1,500 more come, where the server asks accepts()",
    options: { maxConnections: 100, asks: true },
    peers: 1600,
    // One that is answered 503 costs half as much, until its peer closes it.
    says: times(100 + 1500 / 2, CONNECTION),
    attack: () => Promise.resolve(),
  },
  {
    name: "maxConnections: none, and 1,000 say nothing",
    options: {},
    peers: 1000,
    says: times(1000, CONNECTION),
    isShort: true,
    attack: () => Promise.resolve(),
  },
];

function times(count: number, { Deno, "ws on Node 20": ws }: typeof CONNECTION): typeof CONNECTION {
  return { Deno: count * Deno, "ws on Node 20": count * ws };
}
