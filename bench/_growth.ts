/** The measurements of `growth.ts`: the numbers, and the groups of the rows. */

/** The numbers of topics, each with a listener. */
export const TOPICS = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000] as const;

/** The numbers of listeners of one topic. */
export const LISTENERS = [1, 10, 100, 1000, 10_000, 100_000] as const;

/** The numbers of spokes of a hub. */
export const SPOKES = [1, 10, 100, 1000, 10_000] as const;

/** The topics of the hub. Each has one subscriber, a spoke. */
export const HUB_TOPICS = 100_000;

/** The groups of the rows. */
export const GROUPS = {
  hot: "an event on one topic",
  all: "an event on all topics in turn",
  map: "an event on all topics in turn, bare Map by topic",
  call: "a call of a listener of one topic",
  array: "a call of a listener in a bare array",
  hub: `an event of a hub with ${HUB_TOPICS} topics, by spokes`,
  topicBytes: "bytes of the heap, a topic with a callback",
  listenerBytes: "bytes of the heap, a callback on one topic",
  hubBytes: `bytes of the heap, a topic of a hub with ${HUB_TOPICS} topics, by spokes`,
} as const;

/** With fewer of them, the memory of the event target itself exceeds theirs. */
export const MIN_OF_MEMORY = 1000;
