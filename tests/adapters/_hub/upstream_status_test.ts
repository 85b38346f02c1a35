import { assertEquals } from "@std/assert";
import {
  createInProcessEventTarget,
  createWebSocketServerEventTarget,
  type EventTargetStatus,
} from "@alkdev/pubsub";
import { microtasks } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { serveHub } from "../../support/hubs.ts";
import { openReconnectingLink } from "../../support/links.ts";
import { ManualEventTarget } from "../../support/manual_event_target.ts";
import { openProxy } from "../../support/tcp_proxy.ts";
import { controlsOf, open } from "../../support/wire_hub.ts";

const AWAY: EventTargetStatus = { state: "reconnecting", attempt: 1, delayMs: 5 };

/** What a socket was sent about the upstream. */
function toldTo(socket: Parameters<typeof controlsOf>[0]): unknown[] {
  return controlsOf(socket).flatMap(([type, , payload]) => type === "__upstream" ? [payload] : []);
}

Deno.test("a hub tells its spokes once when its upstream is away and when it is back, and those that come meanwhile", async () => {
  const upstream = new ManualEventTarget();
  const statuses: EventTargetStatus[] = [];
  const { add, end } = open({ upstream, onStatus: (status) => void statuses.push(status) });
  const [linked, bare] = [add([], {}).socket, add(["n"]).socket];
  upstream.changeStatus(AWAY);
  upstream.changeStatus({ ...AWAY, attempt: 2 });
  const late = add([], {}).socket;
  await microtasks();
  assertEquals([toldTo(linked), toldTo(late), toldTo(bare)], [[{ up: false }], [{ up: false }], []]);
  upstream.changeStatus({ state: "open", degraded: true });
  await microtasks();
  assertEquals(toldTo(linked).length, 1);
  upstream.changeStatus({ state: "open" });
  const last = add([], {}).socket;
  await microtasks();
  assertEquals([toldTo(linked), toldTo(late), toldTo(bare), toldTo(last)], [
    [{ up: false }, { up: true }],
    [{ up: false }, { up: true }],
    [],
    [],
  ]);
  assertEquals(statuses, [{ state: "open", degraded: true }, { state: "open" }]);
  await end(linked, bare, late, last);
});

Deno.test("an upstream that connects is away, and onStatus is not called before the program has the hub", async () => {
  const upstream = new ManualEventTarget({}, "connecting");
  const statuses: EventTargetStatus[] = [];
  const { add, end } = open({ upstream, onStatus: (status) => void statuses.push(status) });
  assertEquals(statuses, []);
  const { socket } = add([], {});
  await microtasks();
  assertEquals([toldTo(socket).at(0), statuses], [{ up: false }, [{ state: "open", degraded: true }]]);
  upstream.changeStatus({ state: "open", gap: true });
  await microtasks();
  assertEquals([toldTo(socket).at(-1), statuses.at(-1)], [{ up: true }, { state: "open" }]);
  await end(socket);
});

Deno.test("a hub that is closed leaves nothing at its upstream, and tells nothing more", async () => {
  const upstream = new ManualEventTarget();
  const { hub, add, end } = open({ upstream });
  const { socket } = add([], {});
  await end(socket);
  upstream.changeStatus(AWAY);
  await microtasks();
  assertEquals([toldTo(socket), hub.status.state], [[], "closed"]);
});

Deno.test("an upstream of the program's own that knows no status, or throws at its listeners, is taken to be there", async () => {
  const inner = createInProcessEventTarget();
  const own = {
    publish: inner.publish.bind(inner),
    listen: inner.listen.bind(inner),
    flush: inner.flush.bind(inner),
    closed: inner.closed,
    addEventListener() {
      throw new Error("mine");
    },
  };
  // Cast: it lacks most of an event target.
  const { add, end } = open({ upstream: own as unknown as typeof inner });
  const { socket } = add([], {});
  await microtasks();
  assertEquals(toldTo(socket), []);
  await end(socket);
});

Deno.test("links of a chain of hubs have degraded: true while the first hub of the chain is away", async () => {
  await using first = serveHub({ upstream: createInProcessEventTarget() });
  await using proxy = await openProxy(first.port);
  await using toFirst = openReconnectingLink(`ws://127.0.0.1:${proxy.port}`);
  await using second = serveHub({ upstream: toFirst.link });
  await using toSecond = openReconnectingLink(second.url);
  // A hub in the same process is an upstream as well.
  const third = createWebSocketServerEventTarget({ upstream: second.hub });
  await toFirst.link.flush();
  await toSecond.link.flush();
  const states = () => [toSecond.link, second.hub, third].map(({ status }) => status.degraded === true);
  await eventually(() => states().every((degraded) => !degraded));
  proxy.refuse();
  await eventually(() => states().every((degraded) => degraded));
  assertEquals(toSecond.link.status.state, "open");
  proxy.accept();
  await eventually(() => states().every((degraded) => !degraded));
  await third.close();
});

for (const count of [2, 3]) {
  Deno.test(`${count} hubs that are upstreams of each other are up again after an outage of one of them`, async () => {
    await using stack = new AsyncDisposableStack();
    const proxies = await Promise.all(Array.from({ length: count }, () => openProxy(0)));
    for (const proxy of proxies) stack.use(proxy);
    // Each hub has a link to the next one, and the last one to the first.
    for (const proxy of proxies) proxy.refuse();
    const links = proxies.map(({ port }) => openReconnectingLink(`ws://127.0.0.1:${port}`));
    const hubs = links.map(({ link }) => serveHub({ upstream: link }));
    hubs.forEach(({ port }, i) => proxies[(i + 1) % count]?.accept(port));
    const outside = openReconnectingLink(hubs[0]?.url ?? "");
    for (const each of [...hubs, ...links, outside]) stack.use(each);
    const targets = [...links.map(({ link }) => link), ...hubs.map(({ hub }) => hub), outside.link];
    const isUp = (): boolean =>
      targets.every(({ status }) => status.state === "open" && status.degraded !== true);
    await eventually(isUp);
    for (const proxy of proxies) {
      proxy.refuse();
      await eventually(() => hubs.every(({ hub }) => hub.status.degraded === true));
      proxy.accept();
      await eventually(isUp);
    }
  });
}
