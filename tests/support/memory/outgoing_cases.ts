/** What waits for peers that do not read. */
import { all, BUFFERED, type MemoryCase, MIB, subscribe, subscribeTo } from "./case.ts";

export const OUTGOING_CASES: readonly MemoryCase[] = [
  {
    // Little enough that they are not slow.
    name: "backpressureThreshold: a spoke does not read 1,000 events of 60 bytes, one a turn",
    options: {},
    peers: 100,
    says: 100 * MIB,
    async attack(peers, hub) {
      await subscribe(peers, "fill");
      await hub.ask({ publish: { count: 1000, bytes: 20, perTurn: 1 } });
    },
  },
  {
    name: "backpressureThreshold: a spoke does not read events of 64 KiB, one a turn",
    options: {},
    peers: 100,
    says: 100 * MIB,
    async attack(peers, hub) {
      await subscribe(peers, "fill");
      await hub.ask({ publish: { count: 100, bytes: 65_000, perTurn: 1 } });
    },
  },
  {
    name: "maxBufferedBytes: a spoke does not read 40,000 events of 60 bytes, one a turn",
    options: {},
    peers: 20,
    says: 20 * BUFFERED,
    async attack(peers, hub) {
      await subscribe(peers, "fill");
      await hub.ask({ publish: { count: 40_000, bytes: 20, perTurn: 1 } });
    },
  },
  {
    name: "maxBufferedBytes: a spoke does not read a burst of events of 64 KiB in one turn",
    options: {},
    peers: 10,
    says: 10 * BUFFERED,
    async attack(peers, hub) {
      await subscribe(peers, "fill");
      await hub.ask({ publish: { count: 400, bytes: 65_000, perTurn: 400 } });
    },
  },
  {
    name: "maxBufferedBytes: a bare spoke does not read a burst of events of 60 bytes in one turn",
    options: {},
    peers: 3,
    says: 3 * BUFFERED,
    isShort: true,
    async attack(peers, hub) {
      await subscribe(peers, "fill", false);
      await hub.ask({ publish: { count: 400_000, bytes: 20, perTurn: 400_000 } });
    },
  },
  {
    name: "maxBufferedBytes: a bare spoke asks for signs of life and does not read them",
    options: {},
    peers: 20,
    says: 20 * BUFFERED,
    async attack(peers) {
      const pings = `[${Array(37_000).fill('{"type":"__ping","id":""}').join(",")}]`;
      await all(peers, (peer) => peer.send(...Array<string>(17).fill(pings)));
    },
  },
  {
    name: "maxBufferedBytes: the same, at 100 messages a second",
    options: { maxEventsPerSecond: 100 },
    peers: 10,
    says: 10 * BUFFERED,
    async attack(peers) {
      const pings = `[${Array(37_000).fill('{"type":"__ping","id":""}').join(",")}]`;
      await all(peers, (peer) => peer.send(...Array<string>(17).fill(pings)));
    },
  },
  {
    name: "maxBufferedBytes: a spoke asks for topics that are refused and does not read the answers",
    options: {},
    peers: 20,
    says: 20 * BUFFERED,
    async attack(peers) {
      const names = Array.from({ length: 9990 }, (_, i) => `__${i.toString(36)}`);
      await all(peers, (peer) => peer.send(...Array<string>(40).fill(subscribeTo(names))));
    },
  },
];
