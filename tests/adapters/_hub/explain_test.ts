import { assertEquals, assertThrows } from "@std/assert";
import { createWebSocketServerEventTarget } from "@alkdev/pubsub";
import { eventually } from "../../support/eventually.ts";
import { FakeSocket } from "../../support/fake_socket.ts";
import { ManualEventTarget } from "../../support/manual_event_target.ts";

type Hub = ReturnType<typeof createWebSocketServerEventTarget<never, FakeSocket>>;

function connect(hub: Hub) {
  const socket = new FakeSocket();
  const spoke = hub.addConnection(socket);
  const causeOf = (type: string, id: string) => {
    const { cause, receives } = hub.explain(spoke, type, id);
    assertEquals(receives, cause === undefined);
    return cause;
  };
  return { socket, spoke, causeOf };
}

Deno.test("explain() names the topics by which a spoke is subscribed, and tells those it asked for from others", async () => {
  const undecided: ((allowed: boolean) => void)[] = [];
  const hub = createWebSocketServerEventTarget<never, FakeSocket>({
    authorize: ({ type }) =>
      type === "late" ? new Promise((resolve) => void undecided.push(resolve)) : type !== "secret",
    onError() {},
  });
  const { socket, spoke, causeOf } = connect(hub);
  assertEquals(causeOf("news", "1"), "unsubscribed");
  socket.receive("__subscribe", "1", { topics: ["news", "news:1", "secret"] });
  // The answer has left.
  await Promise.resolve();
  assertEquals(hub.explain(spoke, "news", "1"), {
    receives: true,
    subscribed: ["news:1", "news"],
    pending: [],
    refused: [],
    waiting: 0,
    bufferedBytes: 0,
    echo: true,
  });
  assertEquals(causeOf("other", "1"), "unsubscribed");
  const { cause, refused } = hub.explain(spoke, "secret", "1");
  assertEquals([cause, refused], ["refused", [{
    topic: "secret",
    reason: "not authorized",
    by: "authorize",
  }]]);
  socket.receive("__subscribe", "2", { topics: ["late"] });
  assertEquals([causeOf("late", "1"), hub.explain(spoke, "late", "1").pending], ["pending", ["late"]]);
  // The hub knows the answer for a topic, and says it with those for the other topics of the request.
  socket.receive("__subscribe", "late", { topics: ["secret:2", "other:2", "late:2"] });
  for (const type of ["secret", "other", "late"]) {
    const { cause, pending } = hub.explain(spoke, type, "2");
    assertEquals([cause, pending.at(0)], ["pending", `${type}:2`]);
  }
  for (const resolve of undecided) resolve(true);
  await eventually(() => causeOf("late", "1") === undefined);
  hub.revoke(spoke, "news");
  assertEquals([causeOf("news", "1"), hub.explain(spoke, "news", "2").refused], [
    "refused",
    [{ topic: "news", reason: "revoked", by: "revoked" }],
  ]);
  socket.receive("__subscribe", "3", { topics: ["news"] });
  assertEquals([causeOf("news", "1"), hub.explain(spoke, "news", "2").refused], [undefined, []]);
  await hub.close();
  assertEquals(causeOf("news", "1"), "ended");
});

Deno.test("explain() remembers the last sixteen refusals of a spoke", async () => {
  const hub = createWebSocketServerEventTarget<never, FakeSocket>({ authorize: () => false, onError() {} });
  const { socket, causeOf } = connect(hub);
  for (let i = 0; i < 17; i++) socket.receive("__subscribe", String(i), { topics: [`a:${i}`] });
  assertEquals([causeOf("a", "0"), causeOf("a", "1"), causeOf("a", "16")], [
    "unsubscribed",
    "refused",
    "refused",
  ]);
  await hub.close();
});

Deno.test("explain() says whether the upstream has acknowledged the topic", async () => {
  const upstream = new ManualEventTarget();
  const hub = createWebSocketServerEventTarget<never, FakeSocket>({ upstream, onError() {} });
  const { socket, spoke, causeOf } = connect(hub);
  socket.receive("__subscribe", "1", { topics: ["news"] });
  assertEquals(causeOf("news", "1"), "pending");
  upstream.acknowledge("news");
  assertEquals(causeOf("news", "1"), undefined);
  assertEquals(hub.explain(spoke, "news", "1").upstream, { up: true, acknowledged: ["news"] });
  upstream.changeStatus({ state: "reconnecting" });
  assertEquals(causeOf("news", "1"), "upstream-away");
  upstream.changeStatus({ state: "open", gap: true });
  assertEquals(causeOf("news", "1"), undefined);
  await hub.close();
});

Deno.test("explain() refuses what is no event and no spoke", async () => {
  const hub = createWebSocketServerEventTarget<never, FakeSocket>();
  const { spoke } = connect(hub);
  assertThrows(() => hub.explain(spoke, "a:b", "1"), TypeError, "Cannot explain");
  assertThrows(() => hub.explain(Object(undefined), "a", "1"), TypeError, "it is not a spoke");
  await hub.close();
});
