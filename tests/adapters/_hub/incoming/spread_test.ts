import { assert } from "@std/assert";
import { createInProcessEventTarget } from "@alkdev/pubsub";
import type { Hub } from "../../../../adapters/_hub/hub.ts";
import type { HubOptions, SpokeEventTarget } from "../../../../adapters/_hub/types.ts";
import type { FakeSocket } from "../../../support/fake_socket.ts";
import { open } from "../../../support/wire_hub.ts";

const COUNT = 10_000;

type NameOf = (i: number) => string;

/** Frames of many names, by what they are. */
interface Flood {
  readonly options?: () => HubOptions<FakeSocket>;
  readonly prepare?: (hub: Hub<FakeSocket>, spoke: SpokeEventTarget) => void;
  readonly frames: (nameOf: NameOf) => string[];
}

const control = (type: string, id: string, payload?: unknown) => JSON.stringify({ type, id, payload });
const all = <T>(make: (i: number) => T): T[] => Array.from({ length: COUNT }, (_, i) => make(i));
const array = (elements: readonly string[]) => `[${elements.join(",")}]`;
const subscribe = (topicOf: NameOf) => [control("__subscribe", "", { topics: all(topicOf) })];
const listener = { onEvent(): void {} };

const FLOODS: Record<string, Flood> = {
  "event types that are subscribed to": { frames: subscribe },
  "ids that are subscribed to": { frames: (nameOf) => subscribe((i) => `t:${nameOf(i)}`) },
  "event types that are refused": { frames: subscribe, options: () => ({ authorize: () => false }) },
  "event types that are decided later": {
    frames: subscribe,
    options: () => ({ authorize: () => Promise.resolve(true) }),
  },
  "event types of an upstream": {
    frames: subscribe,
    options: () => ({ upstream: createInProcessEventTarget() }),
  },
  "event types that are unsubscribed from": {
    frames: (nameOf) => [control("__unsubscribe", "", { topics: all(nameOf) })],
  },
  "ids of events": {
    frames: (nameOf) => [array(all((i) => control("t", nameOf(i))))],
    prepare: (hub) => void hub.listen("t", "x", listener),
  },
  "types of events": {
    frames: (nameOf) => [array(all((i) => control(nameOf(i), "1")))],
    prepare: (hub) => void hub.listen("t", undefined, listener),
  },
  "types of events through an upstream": {
    frames: (nameOf) => [
      control("__subscribe", "", { topics: ["*"] }),
      array(all((i) => control(nameOf(i), nameOf(i)))),
    ],
    options: () => ({ upstream: createInProcessEventTarget() }),
  },
  "refs of answers": {
    frames: (nameOf) => [array(all((i) => control("__pong", nameOf(i))))],
    prepare: (_hub, spoke) => void spoke.flush().catch(() => {}),
  },
  "refs of flushes": { frames: (nameOf) => [array(all((i) => control("__ping", nameOf(i))))] },
};

async function measure({ options, prepare, frames }: Flood, nameOf: NameOf): Promise<number> {
  const { hub, add, end } = open({ maxEventsPerSecond: Infinity, maxBufferedBytes: 1e9, ...options?.() });
  const { socket, spoke } = add(undefined, { batch: true });
  prepare?.(hub, spoke);
  await Promise.resolve();
  // New strings, of which V8 knows no hash yet.
  const data = frames(nameOf).map((frame) => frame.split("").join(""));
  const start = performance.now();
  for (const frame of data) {
    socket.fire("message", { data: frame });
    await Promise.resolve();
  }
  const ms = performance.now() - start;
  assert(socket.closes.length === 0, "the spoke was dropped");
  await end(socket);
  return ms;
}

for (const [what, flood] of Object.entries(FLOODS)) {
  Deno.test(`names of digits cost a hub no more than words: ${what}`, async () => {
    let ratio = Infinity;
    for (let round = 0; round < 3 && ratio > 1; round++) {
      const words = await measure(flood, (i) => `w${1e9 + i * 40_503}`);
      const digits = await measure(flood, (i) => String((15_259 + i) * 65_536));
      ratio = digits / (3 * words + 20);
    }
    assert(ratio <= 1, `${ratio} times the limit`);
  });
}
