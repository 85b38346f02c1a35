import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { ConnectionLostError, createPubSub } from "@alkdev/pubsub";
import { eventually } from "../support/eventually.ts";
import { serveHub } from "../support/hubs.ts";
import { openLink } from "../support/links.ts";
import { startProcess } from "../support/processes.ts";

Deno.test("a spoke process that is killed mid-burst is forgotten, and the other spokes miss nothing", async () => {
  await using served = serveHub();
  await using open = openLink(served.url);
  const received: unknown[] = [];
  open.link.listen("tick", undefined, { onEvent: ({ payload }) => void received.push(payload) });
  await open.link.flush();
  await using victim = await startProcess("spoke_process.ts", served.url);
  assertEquals([victim.line, served.hub.connectionCount], ["ready", 2]);
  let published = 0;
  victim.kill();
  await eventually(() => {
    for (let i = 0; i < 100; i++) served.hub.publish({ type: "tick", id: "1", payload: published++ });
    return served.hub.connectionCount === 1;
  });
  await served.hub.flush();
  assertEquals(received, Array.from({ length: published }, (_, i) => i));
  assertEquals([served.hub.topicCount, served.hub.closingCount], [1, 0]);
  assertEquals(served.log, ["connection", "connection", "disconnection"]);
});

Deno.test("a hub process that is killed ends the subscriptions of its spokes after their buffered events", async () => {
  await using hub = await startProcess("hub_process.ts");
  const { link } = openLink(hub.line);
  const pubsub = createPubSub<{ tick: number }>({ eventTarget: link });
  const subscription = pubsub.subscribe("tick");
  await subscription.ready;
  let last = (await subscription.next()).value?.payload ?? NaN;
  hub.kill();
  const error = await assertRejects(async () => {
    for await (const { payload } of subscription) assertEquals(payload, ++last);
  }, ConnectionLostError);
  assertEquals(error.code, 1006);
  assertInstanceOf(await link.closed, ConnectionLostError);
  assert(link.status.state === "closed");
  await assertRejects(() => link.flush(), ConnectionLostError);
});

Deno.test("the heartbeat finds a spoke process that is stopped, and the other spokes stay", async () => {
  await using served = serveHub({ heartbeatMs: 200 });
  await using open = openLink(served.url);
  await open.link.flush();
  await using victim = await startProcess("spoke_process.ts", served.url);
  const stopped = served.spokes[1];
  victim.kill("SIGSTOP");
  const error = await stopped?.closed;
  assertInstanceOf(error, ConnectionLostError);
  assertEquals([error.code, error.reason], [4408, "no sign of life for 400 ms"]);
  assertEquals([served.hub.connectionCount, open.link.status.state], [1, "open"]);
  victim.kill();
  await eventually(() => served.hub.closingCount === 0);
});

Deno.test("the heartbeat of a link finds a hub process that is stopped", async () => {
  await using hub = await startProcess("hub_process.ts");
  const { link } = openLink(hub.line, { heartbeatMs: 200 });
  const subscription = createPubSub({ eventTarget: link }).subscribe("tick");
  await subscription.next();
  hub.kill("SIGSTOP");
  const error = await assertRejects(async () => {
    for await (const _event of subscription);
  }, ConnectionLostError);
  assertEquals(error.code, 4408);
  hub.kill();
});

Deno.test("a hub process that was stopped accepts nothing from spokes that left it meanwhile", async () => {
  await using upstream = serveHub();
  const heard: unknown[] = [];
  upstream.hub.listen("news", undefined, { onEvent: ({ payload }) => void heard.push(payload) });
  await using hub = await startProcess("chained_hub_process.ts", upstream.url);
  const before = openLink(hub.line).link;
  const publish = (link: typeof before, payload: string): void => {
    link.publish({ type: "news", id: "1", payload });
  };
  publish(before, "first");
  await before.flush();
  hub.kill("SIGSTOP");
  publish(before, "late");
  // Longer than two of its heartbeats. There is no condition to wait for: the process is stopped.
  await new Promise((resolve) => setTimeout(resolve, 600));
  await before.close();
  hub.kill("SIGCONT");
  await using after = openLink(hub.line);
  publish(after.link, "last");
  await after.link.flush();
  assertEquals(heard, ["first", "last"]);
  hub.kill();
});
