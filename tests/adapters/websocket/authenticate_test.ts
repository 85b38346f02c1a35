import { assertEquals } from "@std/assert";
import {
  createPubSub,
  createWebSocketServerEventTarget,
  createWorkerHostEventTarget,
  createWorkerThreadEventTarget,
  type WebSocketLike,
} from "@alkdev/pubsub";
import { eventually } from "../../support/eventually.ts";
import { serveHub, serveNodeHub } from "../../support/hubs.ts";
import { openReconnectingLink } from "../../support/links.ts";
import { openProxy } from "../../support/tcp_proxy.ts";

const users = new Map<unknown, { name: string }>([["t-ada", { name: "ada" }], ["t-eve", { name: "eve" }]]);

/** Decides a moment later. */
const authenticate = async (_spoke: unknown, credentials: unknown) => {
  await new Promise((resolve) => setTimeout(resolve, 20));
  return users.get(credentials);
};

for (const [server, serve] of Object.entries({ Deno: serveHub, "npm:ws": serveNodeHub })) {
  Deno.test(`${server}: what a link sends before it is authenticated arrives in order, on each of its connections`, async () => {
    await using served = await serve({
      authenticate,
      owner: ({ context }) => context,
      authorize: ({ spoke, id }) => id === (spoke.context as { name: string }).name,
    });
    const heard: unknown[] = [];
    served.hub.listen("n", undefined, { onEvent: ({ payload }) => void heard.push(payload) });
    await using proxy = await openProxy(served.port);
    await using ada = openReconnectingLink(`ws://127.0.0.1:${proxy.port}`, { credentials: () => "t-ada" });
    for (let number = 0; number < 50; number++) ada.link.publish({ type: "n", id: "ada", payload: number });
    await ada.link.flush();
    assertEquals(heard, [...Array(50).keys()]);
    const news = createPubSub({ eventTarget: ada.link }).subscribe("news", "ada");
    await news.ready;
    proxy.cut();
    await eventually(() => ada.link.status.gap === true);
    await ada.link.flush();
    served.hub.publish({ type: "news", id: "ada", payload: "after" });
    assertEquals((await news.next()).value?.payload, "after");
    assertEquals(served.hub.spokes.map(({ context }) => context), [{ name: "ada" }]);
  });

  Deno.test(`${server}: a link with wrong credentials ends with 4401, and nothing of it is handled`, async () => {
    await using served = await serve({ authenticate });
    const heard: unknown[] = [];
    served.hub.listen("n", undefined, { onEvent: ({ id }) => void heard.push(id) });
    await using open = openReconnectingLink(served.url, { credentials: () => "guessed" });
    open.link.publish({ type: "n", id: "1", payload: null });
    await open.link.closed;
    assertEquals([open.link.status.code, open.link.status.reason], [4401, "not authenticated"]);
    assertEquals([heard, served.log, open.states().includes("open")], [[], [], false]);
    await eventually(() => served.hub.connectionCount + served.hub.closingCount === 0);
  });
}

Deno.test("a host of workers authenticates the threads too", async () => {
  await using host = createWorkerHostEventTarget<{ name: string }>([], { authenticate, onError() {} });
  const threads = ["t-eve", "guessed"].map((credentials) => {
    const { port1, port2 } = new MessageChannel();
    const spoke = host.addWorker(port1);
    const link = createWorkerThreadEventTarget(port2, { credentials: () => credentials, onError() {} });
    return { spoke, link, ports: [port1, port2] };
  });
  await threads[0]?.link.flush();
  await threads[1]?.link.closed;
  assertEquals(threads.map(({ spoke, link }) => [spoke.context, link.status.state, link.status.code]), [
    [{ name: "eve" }, "open", undefined],
    [undefined, "closed", 4401],
  ]);
  await threads[0]?.link.close();
  for (const { ports } of threads) for (const port of ports) port.close();
});

Deno.test("a hub that authenticates needs no context of its connections, and another one does", async () => {
  type User = { name: string };
  const hub = createWebSocketServerEventTarget<User>({ authenticate: () => ({ name: "ada" }) });
  const other = createWebSocketServerEventTarget<User>({});
  const check = (socket: WebSocketLike): string => {
    // @ts-expect-error The context is missing.
    other.addConnection(socket);
    hub.addConnection(socket, { context: "an address" });
    return hub.addConnection(socket).context.name;
  };
  assertEquals(check.length, 1);
  await hub.close();
  await other.close();
});
