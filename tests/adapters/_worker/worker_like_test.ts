import { assert, assertEquals, assertThrows } from "@std/assert";
import { EventEmitter } from "node:events";
import {
  assertWorkerLike,
  hostScope,
  onWorkerEvent,
  type WorkerLike,
  type WorkerLikeEvent,
} from "../../../adapters/_worker/worker_like.ts";

/** A worker as `node:worker_threads` has it: an emitter. */
class EmittingWorker extends EventEmitter implements WorkerLike {
  postMessage(): void {}
}

Deno.test("an emitter's value becomes the data of an event, or its error", () => {
  const worker = new EmittingWorker();
  const heard: WorkerLikeEvent[] = [];
  const stops = ["message", "exit", "error"].map((type) =>
    onWorkerEvent(worker, type, (event) => void heard.push(event))
  );
  const error = new Error("e");
  worker.emit("message", "hi");
  worker.emit("exit", 7);
  worker.emit("error", error);
  assertEquals(heard, [{ data: "hi" }, { data: 7 }, { error }]);
  for (const stop of stops) stop();
  assertEquals(["message", "exit", "error"].map((type) => worker.listenerCount(type)), [0, 0, 0]);
});

Deno.test("the events of an event target are passed unchanged, until the listener is removed", () => {
  const { port1, port2 } = new MessageChannel();
  const heard: WorkerLikeEvent[] = [];
  const stop = onWorkerEvent(port1, "message", (event) => void heard.push(event));
  const event = new MessageEvent("message", { data: 1 });
  port1.dispatchEvent(event);
  assert(heard[0] === event);
  stop();
  port1.dispatchEvent(event);
  assertEquals(heard.length, 1);
  port1.close();
  port2.close();
});

Deno.test("a worker has postMessage, and addEventListener or on", () => {
  assertWorkerLike(new EmittingWorker());
  assertWorkerLike({ postMessage() {}, addEventListener() {} });
  for (const none of [undefined, null, 1, {}, new EventTarget(), { postMessage() {} }, { on() {} }]) {
    assertThrows(() => assertWorkerLike(none), TypeError, "as a worker: it lacks `postMessage`");
  }
});

Deno.test("outside of a worker there is no host", () => {
  assertThrows(() => hostScope(), TypeError, "Cannot find the host");
});
