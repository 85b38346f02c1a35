import { assertEquals } from "@std/assert";
import { onAbort } from "../../core/abort.ts";

/** A signal that counts its native listeners. */
function countedSignal(): { controller: AbortController; signal: AbortSignal; added: () => number } {
  const controller = new AbortController();
  const { signal } = controller;
  const add = signal.addEventListener;
  let added = 0;
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    added++;
    add.apply(signal, args);
  };
  return { controller, signal, added: () => added };
}

Deno.test("thousands of callbacks of one signal share one native listener, and are called in order, once each", () => {
  const { controller, signal, added } = countedSignal();
  const called: number[] = [];
  for (let i = 0; i < 5000; i++) onAbort(signal, () => called.push(i));
  assertEquals([added(), called], [1, []]);
  controller.abort();
  controller.abort();
  assertEquals(called, Array.from({ length: 5000 }, (_, i) => i));
});

Deno.test("a cancelled callback is not called", () => {
  const { controller, signal } = countedSignal();
  const called: string[] = [];
  onAbort(signal, () => called.push("a"));
  const stop = onAbort(signal, () => called.push("b"));
  onAbort(signal, () => called.push("c"));
  stop();
  stop();
  controller.abort();
  assertEquals(called, ["a", "c"]);
});

Deno.test("a callback can wait for a signal again after it was cancelled", () => {
  const { controller, signal, added } = countedSignal();
  let calls = 0;
  onAbort(signal, () => calls++)();
  onAbort(signal, () => calls++);
  controller.abort();
  assertEquals([added(), calls], [1, 1]);
});

Deno.test("the same callback can wait many times, and is cancelled one by one", () => {
  const { controller, signal } = countedSignal();
  let calls = 0;
  const callback = () => void calls++;
  onAbort(signal, callback);
  onAbort(signal, callback);
  onAbort(signal, callback)();
  controller.abort();
  assertEquals(calls, 2);
});

Deno.test("a callback that an earlier one cancels during the abort is not called", () => {
  const { controller, signal } = countedSignal();
  const called: string[] = [];
  onAbort(signal, () => {
    called.push("a");
    stopB();
    stopC();
  });
  const stopB = onAbort(signal, () => called.push("b"));
  const stopC = onAbort(signal, () => called.push("c"));
  const stopD = onAbort(signal, () => {
    called.push("d");
    stopD();
  });
  onAbort(signal, () => called.push("e"));
  controller.abort();
  assertEquals(called, ["a", "d", "e"]);
});

Deno.test("signals are independent of each other", () => {
  const [first, second] = [countedSignal(), countedSignal()];
  const called: string[] = [];
  onAbort(first.signal, () => called.push("first"));
  onAbort(second.signal, () => {
    called.push("second");
    first.controller.abort();
  });
  second.controller.abort();
  assertEquals(called, ["second", "first"]);
});
