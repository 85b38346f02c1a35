/** A host for Node and Bun. `PUBSUB` names the module of the library. Prints a line for each kind of worker. */
import assert from "node:assert/strict";
import process from "node:process";
import { Worker as NodeWorker } from "node:worker_threads";

const { ConnectionLostError, createPubSub, createWorkerHostEventTarget, createWorkerThreadEventTarget } =
  await import(
    process.env.PUBSUB
  );
const thread = new URL("./runtime_thread.mjs", import.meta.url);
const kinds = { "node:worker_threads": () => new NodeWorker(thread) };
if (typeof globalThis.Worker === "function") kinds.Worker = () => new globalThis.Worker(thread);

for (const [kind, start] of Object.entries(kinds)) {
  const faults = [];
  const worker = start();
  const host = createWorkerHostEventTarget(worker, {
    onError: (_error, { stage }) => faults.push(stage),
    transferables: ({ payload }) => payload instanceof ArrayBuffer ? [payload] : [],
  });
  const pubsub = createPubSub({ eventTarget: host });
  const answers = pubsub.subscribe("answer");
  const next = async () => (await answers.next()).value.payload;

  const payload = { at: new Date(5), map: new Map([["a", 1n]]), bytes: new Uint8Array([1, 2]) };
  pubsub.publish("ask", "1", payload);
  assert.deepEqual(await next(), payload);

  const buffer = new Uint8Array([7]).buffer;
  pubsub.publish("ask", "1", buffer);
  assert.equal(buffer.byteLength, 0);
  assert.deepEqual([...new Uint8Array(await next())], [7]);

  for (const unclonable of [() => {}, Symbol("s"), new Proxy({}, {})]) {
    pubsub.publish("ask", "1", unclonable);
    pubsub.publish("ask", "1", "clonable");
    assert.equal(await next(), "clonable");
  }
  assert.deepEqual(faults, ["encode", "encode", "encode"]);

  for (let i = 0; i < 2000; i++) pubsub.publish("ask", "1", i);
  for (let i = 0; i < 2000; i++) assert.equal(await next(), i);
  await host.flush();

  const spoke = host.addWorker(worker);
  pubsub.publish("ask", "throw", null);
  const error = await spoke.closed;
  assert.ok(error instanceof ConnectionLostError);
  assert.match(error.cause.message, /thrown in the worker/);
  await pubsub.close();
  await worker.terminate();

  // A worker that is closed in order.
  const second = start();
  const secondSpoke = host.addWorker(second);
  const answered = new Promise((resolve) => secondSpoke.listen("answer", "1", { onEvent: resolve }));
  secondSpoke.publish({ type: "ask", id: "1", payload: "again" });
  assert.equal((await answered).payload, "again");
  await host.close();
  assert.equal(host.closingCount, 0);
  await second.terminate();
  console.log(`${kind} ok`);
}

const { port1, port2 } = new MessageChannel();
const ignored = { onError() {} };
const host = createWorkerHostEventTarget(port1, ignored);
const link = createWorkerThreadEventTarget(port2, ignored);
const heard = [];
link.listen("news", undefined, { onEvent: ({ payload }) => heard.push(payload) });
await link.flush();
host.publish({ type: "news", id: "1", payload: 1n });
await host.flush();
assert.deepEqual(heard, [1n]);
// These runtimes report a port whose other end was closed.
port1.close();
assert.ok(await link.closed instanceof ConnectionLostError);
await host.close();
console.log("MessagePort ok");
