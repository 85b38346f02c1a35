/** What peers send. */
import {
  all,
  BUFFERED,
  event,
  FRAME,
  type MemoryCase,
  MIB,
  PARSING,
  subscribeInParts,
  subscribeTo,
  TOPIC_BYTES,
  TOPICS,
} from "./case.ts";

export const INCOMING_CASES: readonly MemoryCase[] = [
  {
    name: "maxFrameBytes: a frame of 1 MiB lacks its last byte",
    options: {},
    peers: 20,
    says: 20 * FRAME,
    attack: (peers) => all(peers, (peer) => peer.sendPart(FRAME, new Uint8Array(FRAME - 1).fill(0x20))),
  },
  {
    name: "maxFrameBytes: fragments of a message of 8 MiB, without the last",
    options: {},
    peers: 100,
    // Deno has no bound for them. `npm:ws` has read two when it refuses the message.
    says: { Deno: 100 * 8 * MIB, "ws on Node 20": 100 * 2 * FRAME },
    attack: (peers) => all(peers, (peer) => peer.sendFragments(8, new Uint8Array(MIB - 1024).fill(0x20))),
  },
  {
    name: "maxFrameBytes: frames of empty arrays, one after the other",
    options: {},
    peers: 5,
    says: PARSING + 5 * FRAME,
    isShort: true,
    async attack(peers) {
      const text = `{"type":"a","id":"","payload":[${Array(340_000).fill("[]").join(",")}]}`;
      await all(peers, (peer) => peer.send(...Array<string>(10).fill(text)));
    },
  },
  {
    name: "maxFrameBytes: frames of empty objects, of nested arrays and of names, in turn",
    options: {},
    peers: 5,
    says: PARSING + 5 * FRAME,
    async attack(peers) {
      const depth = 450_000;
      const texts = [
        `[${Array(340_000).fill("{}").join(",")}]`,
        "[".repeat(depth) + "]".repeat(depth),
        `{${Array.from({ length: 100_000 }, (_, i) => `"${i.toString(36)}x":0`).join(",")}}`,
      ].map((payload) => `{"type":"a","id":"","payload":${payload}}`);
      await all(peers, (peer) => peer.send(...texts, ...texts, ...texts));
    },
  },
  {
    name: "maxTopicsPerConnection: 9,990 topics of 1,024 bytes",
    options: {},
    peers: 5,
    says: 5 * TOPICS * topicCost(3 * TOPIC_BYTES),
    isShort: true,
    attack: (peers) =>
      all(peers, (peer, i) => subscribeInParts(peer, (j) => `t:${i}.${j}`.padEnd(TOPIC_BYTES, "x"))),
  },
  {
    name: "maxTopicsPerConnection: the same, one letter of which is not Latin",
    options: {},
    peers: 5,
    says: 5 * TOPICS * topicCost(6 * TOPIC_BYTES),
    attack: (peers) =>
      all(peers, (peer, i) => subscribeInParts(peer, (j) => `t:${i}.${j}.ж`.padEnd(TOPIC_BYTES - 1, "x"))),
  },
  {
    name: "maxTopicsPerConnection: 9,990 topics of 10 bytes",
    options: {},
    peers: 10,
    says: 10 * TOPICS * topicCost(3 * 10),
    attack: (peers) => all(peers, (peer, i) => subscribeInParts(peer, (j) => `t:${i}.${j}`)),
  },
  {
    name: "maxPending: 999 events of 60 bytes wait for authorize",
    options: { authorize: "never" },
    peers: 20,
    says: 20 * BUFFERED,
    attack: (peers) =>
      all(peers, (peer) => peer.send(...Array<string>(999).fill('{"type":"a","id":"","payload":"x"}'))),
  },
  {
    name: "maxPending: 7 events of 1 MB of text wait for authorize",
    options: { authorize: "never" },
    peers: 5,
    says: 5 * BUFFERED,
    attack: (peers) =>
      all(peers, (peer) => peer.send(...Array<string>(7).fill(event("x".repeat(1_000_000))))),
  },
  {
    name: "maxPending: 7 events of 1 MB of text that is not Latin wait for authorize",
    options: { authorize: "never" },
    peers: 15,
    says: 15 * BUFFERED + PARSING,
    attack: (peers) =>
      all(peers, (peer) => peer.send(...Array<string>(7).fill(event(`ж${"x".repeat(1_000_000)}`)))),
  },
  {
    name: "maxPending: 2 events of 120,000 empty arrays wait for authorize",
    options: { authorize: "never" },
    peers: 10,
    says: 10 * BUFFERED,
    attack: (peers) =>
      all(peers, (peer) => peer.send(...Array<string>(2).fill(event(Array(120_000).fill([]))))),
  },
  {
    name: "maxPending: 2 events of objects of 70,000 names wait for authorize",
    options: { authorize: "never" },
    peers: 10,
    says: 10 * BUFFERED,
    isShort: true,
    attack: (peers) =>
      all(peers, async (peer, i) => {
        for (let k = 0; k < 2; k++) {
          const names = Array.from({ length: 70_000 }, (_, j) => [`${i}${k}_${j.toString(36)}`, 0]);
          await peer.send(event(Object.fromEntries(names)));
        }
      }),
  },
  {
    name: "maxPending: 999 subscribe requests of 10 topics wait for authorize",
    options: { authorize: "never" },
    peers: 10,
    says: 10 * BUFFERED,
    attack: (peers) =>
      all(peers, async (peer) => {
        for (let k = 0; k < 999; k++) {
          await peer.send(subscribeTo(Array.from({ length: 10 }, (_, j) => `t:${k}.${j}`)));
        }
      }),
  },
  {
    name: "maxPending: 999 flushes whose ids have 1,000 bytes wait behind an event",
    options: { authorize: "never" },
    peers: 10,
    says: 10 * BUFFERED,
    async attack(peers) {
      const ping = JSON.stringify({ type: "__ping", id: "x".repeat(1000) });
      await all(peers, (peer) => peer.send(event("x"), ...Array<string>(998).fill(ping)));
    },
  },
];

/** What a topic costs whose text takes some bytes, in bytes. */
function topicCost(textBytes: number): number {
  return 1000 + textBytes;
}
