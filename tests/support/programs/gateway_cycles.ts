/**
 * Adds many spokes with requests that are never answered and events that are never allowed, removes them, and prints what
 * is left. Runs as its own process with `--v8-flags=--expose-gc`.
 */
import {
  createWebSocketServerEventTarget,
  type EventEnvelope,
  type EventTargetOptions,
} from "@alkdev/pubsub";
import { FarEndEventTarget } from "../../../core/far_end_event_target.ts";
import type { Readiness } from "../../../core/listener_table.ts";
import { microtasks } from "../clock.ts";
import { FakeSocket } from "../fake_socket.ts";
import { settledHeap } from "../../../scripts/lib/heap.ts";

const WARM_UP = 3000;
const CYCLES = 20_000;

/** An upstream that acknowledges some topics, and never answers for others. */
class HalfSilentUpstream extends FarEndEventTarget {
  wanted = 0;

  constructor(options: EventTargetOptions) {
    super("HalfSilentUpstream", options, "open");
  }

  override onFirstListener(topic: string): Readiness {
    this.wanted++;
    return topic.startsWith("silent") ? "pending" : "ready";
  }

  override onLastListener(): void {
    this.wanted--;
  }

  protected override send(envelope: EventEnvelope): void {
    this.dispatcher.emit(envelope);
  }
}

let faults = 0;
const onError = (): void => void faults++;
const upstream = new HalfSilentUpstream({ onError });
const hub = createWebSocketServerEventTarget({
  upstream,
  onError,
  authorize: ({ id }) => {
    if (id === "stuck") return new Promise<boolean>(() => {});
    return id === "later" ? Promise.resolve(true) : true;
  },
});

async function cycle(n: number): Promise<void> {
  const socket = new FakeSocket();
  hub.addConnection(socket);
  socket.receive("__subscribe", "1", { topics: [`silent:${n}`, `news:${n}`, "news"] });
  socket.receive("__ping", "flush");
  socket.receive("news", "later", n);
  // Half of the spokes are still connected when the event is allowed.
  if (n % 2 === 0) await microtasks();
  socket.receive("news", "stuck", n);
  socket.receive("__subscribe", "2", { topics: ["news:stuck", `more:${n}`] });
  socket.receive("news", "1", n);
  if (n % 3 === 0) hub.removeConnection(socket);
  else socket.fire("close", { code: 1000 });
}

async function cycles(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await cycle(n);
}

let heard = 0;
const stop = hub.listen("news", undefined, { onEvent: () => void heard++ });
await cycles(WARM_UP);
const before = await settledHeap();
await cycles(CYCLES);
const growth = await settledHeap() - before;
stop();
const { connectionCount, closingCount, topicCount } = hub;
console.log(JSON.stringify({
  growth,
  connectionCount,
  closingCount,
  topicCount,
  wanted: upstream.wanted,
  reported: faults > CYCLES / 3 ? 1 : 0,
  heard: heard > CYCLES / 3 ? 1 : 0,
}));
