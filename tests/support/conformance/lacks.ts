import type { ConformanceCapability } from "@alkdev/pubsub/testing";

/** The capabilities that some kinds of targets lack, with the sentence of DESIGN.md §5 that permits it. */
export const LACKS = {
  "built-in EventTarget": {
    levels:
      "publish then dispatches on the topic, the bare type and `*`, so those subscriptions work there among users of our createPubSub.",
    interface: "Any EventTarget (the built-in one, graphql-yoga's) works as eventTarget.",
    encoding: "In-process: yes, synchronously.",
    ends: "The local close() ends subscriptions normally.",
  },
  "in-process": {
    encoding: "In-process: yes, synchronously.",
    envelopesOnly: "in-process and Redis carry any detail on any event type",
    ends: "Any end from the far side [...]: there is no far side in a process.",
  },
  redis: {
    levels: "where a channel and a pattern both match, each listener hears it once.",
    envelopesOnly: "in-process and Redis carry any detail on any event type",
    ends: "The adapter never closes clients that it did not create: no target ends another one.",
    prevention: "`dispatchEvent` returns `true` unless a cancelable event was prevented in-process",
  },
  "redis sharded": {
    levels: "bare types and `*` are refused there with an error that says what to do",
    bareTypes: "bare types and `*` are refused there with an error that says what to do",
    anyDetail: "bare types and `*` are refused there with an error that says what to do",
    envelopesOnly: "in-process and Redis carry any detail on any event type",
    ends: "The adapter never closes clients that it did not create: no target ends another one.",
    prevention: "`dispatchEvent` returns `true` unless a cancelable event was prevented in-process",
    order: "Cluster and `sharded` take the form that keeps per-topic order: two topics may be on two shards.",
  },
  "link to hub": {
    farEnds: "the side with many: a hub outlives its spokes, and so do its subscriptions",
    prevention: "`dispatchEvent` returns `true` unless a cancelable event was prevented in-process",
    echo: "Link, hub, worker, Iroh: no — they carry events to the other side",
    anyDetail: "Link, hub, worker and Iroh targets need an envelope whose topic is the event's type",
  },
  "hub to link": {
    prevention: "`dispatchEvent` returns `true` unless a cancelable event was prevented in-process",
    echo: "Link, hub, worker, Iroh: no — they carry events to the other side",
    anyDetail: "Link, hub, worker and Iroh targets need an envelope whose topic is the event's type",
  },
  "hub to reconnecting link": {
    prevention: "`dispatchEvent` returns `true` unless a cancelable event was prevented in-process",
    echo: "Link, hub, worker, Iroh: no — they carry events to the other side",
    anyDetail: "Link, hub, worker and Iroh targets need an envelope whose topic is the event's type",
    ends:
      "any loss for good ends them with ConnectionLostError: one after which it connects again is not for good",
  },
  "over an upstream": {
    ends: "Any end from the far side [...]: of a spoke, the upstream and the other spokes are no far side.",
    prevention: "`dispatchEvent` returns `true` unless a cancelable event was prevented in-process",
    anyDetail: "Link, hub, worker and Iroh targets need an envelope whose topic is the event's type",
  },
} as const satisfies Record<string, Partial<Record<ConformanceCapability, string>>>;
