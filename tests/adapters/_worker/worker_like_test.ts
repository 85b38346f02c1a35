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

Deno.test("what an emitter gives is the data of an event, or its error", () => {
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

Deno.test("the events of an event target are as they are, until it is stopped", () => {
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

Deno.test("a worker can be posted to and heard, one way or the other", () => {
  assertWorkerLike(new EmittingWorker());
  assertWorkerLike({ postMessage() {}, addEventListener() {} });
  for (const none of [undefined, null, 1, {}, new EventTarget(), { postMessage() {} }, { on() {} }]) {
    assertThrows(() => assertWorkerLike(none), TypeError, "as a worker: it lacks `postMessage`");
  }
});

Deno.test("there is no host where there is no worker", () => {
  assertThrows(() => hostScope(), TypeError, "Cannot find the host");
});
