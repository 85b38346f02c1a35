import { assertEquals } from "@std/assert";
import { WorkerWire } from "../../../adapters/_worker/worker_wire.ts";
import { FakeWorker } from "../../support/fake_worker.ts";

/** An open wire over a worker without a thread. */
function open(askAfterBytes: number): { worker: FakeWorker; wire: WorkerWire } {
  const worker = new FakeWorker();
  const wire = new WorkerWire(worker, { side: "hub", askAfterBytes, onUnclonable() {} });
  wire.start({ onOpen() {}, onFrame() {}, onSignOfLife() {}, onEnd() {} });
  worker.receive({ ready: "open" });
  return { worker, wire };
}

/** Sends frames of some sizes, and returns which of them asked the far end. */
function send({ worker, wire }: ReturnType<typeof open>, ...sizes: number[]): boolean[] {
  const [type, id] = ["n", "1"];
  return sizes.map((bytes) => {
    const body = { envelope: { type, id, payload: undefined }, transfer: [] };
    wire.send([{ type, id, body, bytes, control: false }]);
    return worker.posted.at(-1)?.["ask"] === true;
  });
}

Deno.test("the far end is asked each time that enough bytes were sent since the last question", () => {
  const ends = open(100);
  assertEquals(send(ends, 60, 39, 1, 99, 1, 500), [false, false, true, false, true, true]);
});

Deno.test("unacknowledged bytes count as waiting while a question is open, and not otherwise", () => {
  const ends = open(100);
  send(ends, 99);
  assertEquals(ends.wire.bufferedBytes, 0);
  send(ends, 1, 50);
  assertEquals(ends.wire.bufferedBytes, 150);
  send(ends, 50);
  ends.worker.receive({ taken: 100 });
  assertEquals(ends.wire.bufferedBytes, 100);
  ends.worker.receive({ taken: 200 });
  assertEquals(ends.wire.bufferedBytes, 0);
});

Deno.test("an answer is limited to the bytes that were sent, and to no less than the last one", () => {
  const ends = open(10);
  send(ends, 10);
  ends.worker.receive({ taken: 1000 });
  send(ends, 10);
  assertEquals(ends.wire.bufferedBytes, 10);
  ends.worker.receive({ taken: 15 });
  ends.worker.receive({ taken: 3 });
  assertEquals(ends.wire.bufferedBytes, 5);
});

Deno.test("received bytes add up", () => {
  const ends = open(10);
  for (const bytes of [3, 0, 4]) ends.worker.receive({ frame: "a", bytes, ask: true });
  assertEquals([ends.worker.posted.at(-1), ends.wire.bufferedBytes], [{ taken: 7 }, 0]);
});
