// npx vitest run sessions.vitest
import { createPair } from "@alkdev/pubsub/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Events, watchSessions } from "./sessions.ts";

let pair: ReturnType<typeof createPair<Events>>;

beforeEach(() => {
  vi.useFakeTimers();
  pair = createPair<Events>();
});

afterEach(async () => {
  vi.useRealTimers();
  await pair[Symbol.asyncDispose]();
});

test("it knows which sessions run", async () => {
  const { running } = watchSessions(pair.link.pubsub);
  await pair.settle();
  pair.hub.pubsub.publish("session.status", "1", { state: "running" });
  await pair.settle();
  expect([...running]).toEqual(["1"]);
});

test("it hears of a session again when the hub is back", async () => {
  const { running } = watchSessions(pair.link.pubsub);
  await pair.settle();
  pair.link.offline = true;
  await vi.advanceTimersByTimeAsync(60_000); // a minute passes at once
  pair.hub.pubsub.publish("session.status", "1", { state: "running" });
  pair.link.offline = false;
  await pair.settle();
  expect([...running]).toEqual([]);
  pair.hub.pubsub.publish("session.status", "1", { state: "running" });
  await pair.settle();
  expect([...running]).toEqual(["1"]);
});
