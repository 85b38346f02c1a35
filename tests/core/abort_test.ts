import { assertEquals, assertThrows } from "@std/assert";
import { onAbort } from "../../core/abort.ts";
import { assertSignal } from "../../core/arguments.ts";

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

Deno.test("thousands wait for one signal with one native listener, called in order, once each", () => {
  const { controller, signal, added } = countedSignal();
  const called: number[] = [];
  for (let i = 0; i < 5000; i++) onAbort(signal, () => called.push(i));
  assertEquals([added(), called], [1, []]);
  controller.abort();
  controller.abort();
  assertEquals(called, Array.from({ length: 5000 }, (_, i) => i));
});

Deno.test("who stops waiting is not called", () => {
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

Deno.test("a signal that nobody waits for any more can be waited for again by the same listener", () => {
  const { controller, signal, added } = countedSignal();
  let calls = 0;
  onAbort(signal, () => calls++)();
  onAbort(signal, () => calls++);
  controller.abort();
  assertEquals([added(), calls], [1, 1]);
});

Deno.test("the same callback may wait many times, and stops once for each", () => {
  const { controller, signal } = countedSignal();
  let calls = 0;
  const callback = () => void calls++;
  onAbort(signal, callback);
  onAbort(signal, callback);
  onAbort(signal, callback)();
  controller.abort();
  assertEquals(calls, 2);
});

Deno.test("who is stopped by an earlier callback of the same abort is not called", () => {
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

Deno.test("signals are waited for apart", () => {
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

Deno.test("a signal is an AbortSignal or missing, and nothing else", () => {
  for (const signal of [undefined, new AbortController().signal, AbortSignal.abort()]) assertSignal(signal);
  for (const signal of [null, 5, "text", {}, new EventTarget(), new AbortController()]) {
    assertThrows(() => assertSignal(signal), TypeError, "it must be an AbortSignal");
  }
});
