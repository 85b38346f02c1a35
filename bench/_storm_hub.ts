/**
 * A hub with a history in a process of its own, or with `bare`, sockets that send the same frames with no library at all. It
 * does what a line of its input says, and answers with a line.
 */
import { createWebSocketServerEventTarget } from "../mod.ts";
import { createMemoryHistory } from "../adapters/history.ts";
import { lines } from "../scripts/lib/lines.ts";
import { serve } from "./_serve.ts";
import { BusyClock } from "./_busy_clock.ts";

/** Publishes so many events for each link, or tells the stops since they were told before, in milliseconds. */
export type StormTask =
  | { readonly kind: "publish"; readonly links: number; readonly events: number }
  | { readonly kind: "stops" };

/** What the measured process does with its sockets. */
interface Way {
  onSocket(socket: WebSocket): void;
  /** Publishes the events of all links. Returns the position before them. */
  publish(links: number, events: number): string;
  tick(now: number): void;
}

const TEXT = "x".repeat(60);
const way = Deno.args[0] === "bare" ? bareWay() : hubWay();
const clock = new BusyClock(2, (now) => way.tick(performance.timeOrigin + now));
console.log(serve((socket) => way.onSocket(socket)));
for await (const line of lines(Deno.stdin.readable)) {
  const task = JSON.parse(line) as StormTask;
  console.log(JSON.stringify(task.kind === "stops" ? clock.take() : way.publish(task.links, task.events)));
}

function hubWay(): Way {
  const history = createMemoryHistory({ news: { perId: 300 } });
  const hub = createWebSocketServerEventTarget({
    history,
    maxConnections: 10_000,
    maxReplaysPerMinute: Infinity,
  });
  return {
    onSocket: (socket) => void hub.addConnection(socket),
    publish(links, events) {
      const before = history.head({ type: "news", id: undefined });
      for (let n = 0; n < events; n++) {
        for (let link = 0; link < links; link++) {
          hub.publish({ type: "news", id: String(link), payload: { n, text: TEXT } });
        }
      }
      return before;
    },
    tick: (payload) => hub.publish({ type: "tick", id: "", payload }),
  };
}

function bareWay(): Way {
  let neighbour: WebSocket | undefined;
  let pages: string[] = [];
  const at = "Xk3f9.100000";
  return {
    onSocket(socket) {
      socket.onmessage = ({ data }) => {
        const { type, id, payload } = JSON.parse(data);
        const send = (type: string, payload: unknown): void =>
          socket.send(JSON.stringify({ type, id, payload }));
        if (type === "__hello") return send(type, { version: 1, batch: true, history: true });
        const [topic] = payload.topics;
        send("__subscribed", { topics: [topic], refused: [], history: [{ at, whole: true }] });
        if (topic.startsWith("tick")) return void (neighbour = socket);
        send("__replay", { topic, count: 100 });
        socket.send(pages[Number(topic.slice("news:".length))] ?? "");
        send("__replayed", { topic, at, whole: true });
      };
    },
    publish(links, events) {
      pages = Array.from({ length: links }, (_, id) => {
        const payloads = Array.from({ length: events }, (_, n) => ({ n, text: TEXT }));
        return JSON.stringify(payloads.map((payload) => ({ at, type: "news", id: String(id), payload })));
      });
      return at;
    },
    tick: (payload) => neighbour?.send(JSON.stringify({ type: "tick", id: "", payload })),
  };
}
