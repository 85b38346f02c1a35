import { assertEquals } from "@std/assert";
import {
  createPubSub,
  createWorkerHostEventTarget,
  createWorkerThreadEventTarget,
  type EventTargetStatus,
  type WorkerHostEventTarget,
  type WorkerLike,
} from "@alkdev/pubsub";
import { eventually as eventuallyWithin } from "../../support/eventually.ts";
import { openHost, startWorker } from "../../support/workers.ts";

/** Waits long: Deno checks the types of a worker's modules when it starts the first one. */
const eventually = (check: () => unknown): Promise<unknown> => eventuallyWithin(check, { timeoutMs: 60_000 });

/** Connections of one thread to a host that can change. Ports are closed in the end. */
class Switchboard implements Disposable {
  host: WorkerHostEventTarget | undefined;
  readonly ports: MessagePort[] = [];

  /** Opens a connection: the port of the thread. Without a host, nobody is at the other end. */
  readonly connect = (): MessagePort => {
    const { port1, port2 } = new MessageChannel();
    this.ports.push(port1, port2);
    this.host?.addWorker(port2);
    return port1;
  };

  [Symbol.dispose](): void {
    for (const port of this.ports) port.close();
  }
}

function openThread(
  switchboard: Switchboard,
  options: { heartbeatMs?: number; connectTimeoutMs?: number } = {},
) {
  const statuses: EventTargetStatus[] = [];
  const reports: string[] = [];
  const link = createWorkerThreadEventTarget(switchboard.connect, {
    reconnectDelayMs: 20,
    maxReconnectDelayMs: 20,
    onStatus: (status) => void statuses.push(status),
    onError: (error, { stage }) => void reports.push(`${stage} ${error}`),
    ...options,
  });
  const states = () => statuses.map(({ state, gap }) => gap ? `${state}, gap` : state);
  return { link, pubsub: createPubSub({ eventTarget: link }), states, reports };
}

Deno.test("a thread that opens its own connections continues with the next host, and loses nothing that waits", async () => {
  using switchboard = new Switchboard();
  const first = createWorkerHostEventTarget();
  switchboard.host = first;
  const { link, pubsub, states } = openThread(switchboard, { connectTimeoutMs: 200 });
  const news = pubsub.subscribe("news");
  await news.ready;
  switchboard.host = undefined;
  await first.close();
  pubsub.publish("joined", "1", "waits");
  await using second = createWorkerHostEventTarget();
  switchboard.host = second;
  const joined = createPubSub({ eventTarget: second }).subscribe("joined");
  assertEquals((await joined.next()).value?.payload, "waits");
  await eventually(() => link.status.gap === true);
  second.publish({ type: "news", id: "1", payload: "of the second host" });
  assertEquals((await news.next()).value?.payload, "of the second host");
  assertEquals(states().filter((state, i, all) => state !== all[i - 1]), [
    "open",
    "reconnecting",
    "open, gap",
  ]);
  await link.close();
});

Deno.test("a thread whose host does not listen fails its attempt after connectTimeoutMs, which is reported", async () => {
  using switchboard = new Switchboard();
  const { link, reports, states } = openThread(switchboard, { connectTimeoutMs: 100 });
  await eventually(() => reports.length === 2);
  assertEquals(reports, Array(2).fill("connect TimeoutError: The connection was not open after 100 ms"));
  await using host = createWorkerHostEventTarget();
  switchboard.host = host;
  await eventually(() => link.status.state === "open");
  assertEquals(states().slice(0, 2), ["connecting", "connecting"]);
  await link.close();
});

Deno.test("a host that vanishes without a word is found by the heartbeat, or 5 s after reconnect()", async () => {
  using switchboard = new Switchboard();
  const { host } = openHost([]);
  switchboard.host = host;
  const beating = openThread(switchboard, { heartbeatMs: 100 });
  await beating.link.flush();
  // Deno says nothing about the other end of a port that was closed.
  switchboard.ports[1]?.close();
  await eventually(() => beating.states().includes("open, gap"));
  await beating.link.close();
  await host.close();
});

for (const kind of ["Worker", "node:worker_threads"] as const) {
  Deno.test(`a thread that was frozen comes back, once its host has dropped it (${kind})`, async () => {
    using ports = new DisposableStack();
    await using open = openHost([], { heartbeatMs: 200 });
    // Ends first, so that it opens no further port.
    await using worker = startWorker(kind, "reconnecting_thread.ts");
    const { host, log } = open;
    onPort(worker.worker, (port) => {
      ports.defer(() => port.close());
      host.addWorker(port);
    });
    const statuses: unknown[] = [];
    host.listen("status", undefined, { onEvent: ({ payload }) => void statuses.push(payload) });
    const pubsub = createPubSub({ eventTarget: host });
    const answers = pubsub.subscribe("answer");
    await eventually(() => host.topicCount === 1);
    pubsub.publish("ask", "hang", 2000);
    await eventually(() => log.includes("disconnection"));
    assertEquals(host.connectionCount, 0);
    await eventually(() => host.topicCount === 1);
    pubsub.publish("ask", "again", 7);
    assertEquals((await answers.next()).value?.payload, 7);
    await eventually(() => statuses.some((status) => (status as { gap: boolean }).gap));
  });
}

/** Calls back with each port that a worker sends. */
function onPort(worker: WorkerLike, callback: (port: MessagePort) => void): void {
  const take = (data: unknown): void => {
    const { port } = data as { port?: MessagePort };
    if (port !== undefined) callback(port);
  };
  if (worker.addEventListener) worker.addEventListener("message", ({ data }) => take(data));
  else worker.on?.("message", take);
}

Deno.test("a host ends a thread for good with a close code, after what was published in the same turn", async () => {
  using switchboard = new Switchboard();
  await using host = createWorkerHostEventTarget();
  switchboard.host = host;
  const { link, pubsub } = openThread(switchboard);
  const news = pubsub.subscribe("news");
  await news.ready;
  const [spoke] = host.spokes;
  spoke?.publish({ type: "news", id: "1", payload: "the last" });
  await spoke?.close({ code: 4401, reason: "logged out" });
  assertEquals((await news.next()).value?.payload, "the last");
  await link.closed;
  assertEquals([link.status.code, link.status.reason, switchboard.ports.length], [4401, "logged out", 2]);
});
