import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { PendingFlushes } from "../../core/pending_flushes.ts";
import { microtasks, withClock } from "../support/clock.ts";

/** The state of a promise. */
function watch(promise: Promise<void>): () => string {
  let state = "pending";
  promise.then(() => state = "resolved", (error: unknown) => state = String(error));
  return () => state;
}

Deno.test("a flush resolves with the answer to its own reference, in any order", () =>
  withClock(async () => {
    const flushes = new PendingFlushes(1000);
    const refs: string[] = [];
    const [first, second] = [1, 2].map(() => watch(flushes.start((ref) => void refs.push(ref), undefined)));
    assertEquals(new Set(refs).size, 2);
    flushes.answer("of nobody");
    flushes.answer(refs[1] ?? "");
    await microtasks();
    assertEquals([first?.(), second?.()], ["pending", "resolved"]);
    // A second answer to the same question is ignored.
    flushes.answer(refs[1] ?? "");
    flushes.answer(refs[0] ?? "");
    await microtasks();
    assertEquals(first?.(), "resolved");
  }));

Deno.test("an answer that arrives while the request is sent counts", () =>
  withClock(async () => {
    const flushes = new PendingFlushes(1000);
    await flushes.start((ref) => flushes.answer(ref), undefined);
  }));

Deno.test("a flush without an answer rejects with a TimeoutError", () =>
  withClock(async ({ pass }) => {
    const flushes = new PendingFlushes(1000);
    let ref = "";
    const flush = flushes.start((asked) => void (ref = asked), undefined);
    const state = watch(flush);
    await pass(999);
    assertEquals(state(), "pending");
    await pass(1);
    const error = await assertRejects(() => flush, DOMException, "1000 ms");
    assertEquals(error.name, "TimeoutError");
    flushes.answer(ref);
  }));

Deno.test("an aborting signal rejects its own flush with the reason, at once", () =>
  withClock(async () => {
    const flushes = new PendingFlushes(1000);
    const controller = new AbortController();
    let asked = "";
    const aborted = flushes.start(() => {}, controller.signal);
    const other = flushes.start((ref) => void (asked = ref), undefined);
    const reason = new RangeError("mine");
    controller.abort(reason);
    assertStrictEquals(await assertRejects(() => aborted), reason);
    flushes.answer(asked);
    await other;
  }));

Deno.test("with an aborted signal nothing is sent", () =>
  withClock(async () => {
    const flushes = new PendingFlushes(1000);
    let asked = 0;
    const reason = new RangeError("mine");
    const flush = flushes.start(() => void asked++, AbortSignal.abort(reason));
    assertStrictEquals(await assertRejects(() => flush), reason);
    assertEquals(asked, 0);
  }));

Deno.test("a signal that aborts after the answer changes nothing", () =>
  withClock(async () => {
    const flushes = new PendingFlushes(1000);
    const controller = new AbortController();
    await flushes.start((ref) => flushes.answer(ref), controller.signal);
    controller.abort();
  }));

Deno.test("a settled flush does not listen to its signal", () =>
  withClock(async () => {
    const flushes = new PendingFlushes(1000);
    const controller = new AbortController();
    const { signal } = controller;
    let looks = 0;
    Object.defineProperty(signal, "reason", { get: () => ++looks });
    await flushes.start((ref) => flushes.answer(ref), signal);
    controller.abort();
    assertEquals(looks, 0);
  }));

Deno.test("the end of the connection rejects all pending flushes, but not one that starts meanwhile", () =>
  withClock(async () => {
    const flushes = new PendingFlushes(1000);
    const error = new Error("lost");
    const pending = [1, 2, 3].map(() => assertRejects(() => flushes.start(() => {}, undefined)));
    flushes.rejectAll(error);
    for (const rejection of pending) assertStrictEquals(await rejection, error);
    flushes.rejectAll(error);
  }));

Deno.test("an infinite time-out never expires", () =>
  withClock(async ({ pass }) => {
    const flushes = new PendingFlushes(Infinity);
    let ref = "";
    const state = watch(flushes.start((asked) => void (ref = asked), undefined));
    await pass(100_000);
    assertEquals(state(), "pending");
    flushes.answer(ref);
    await microtasks();
    assertEquals(state(), "resolved");
  }));
