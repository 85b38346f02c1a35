// The hooks in StrictMode, over a real hub and over a PubSub in the process.

import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  createInProcessEventTarget,
  createPubSub,
  createWebSocketClientEventTarget,
  type EnvelopeOf,
  type EventTargetStatus,
} from "@alkdev/pubsub";
import { createMemoryHistory, createResume } from "@alkdev/pubsub/history";
import { useEvents, useLatest, useStatus } from "@alkdev/pubsub/react";
import { createPair } from "@alkdev/pubsub/testing";
// @ts-types="../support/happy_dom.d.ts"
import { Window } from "happy-dom";
// @ts-types="../support/react.d.ts"
import { act, createElement, Fragment, type ReactNode, StrictMode, useEffect, useState } from "react";
// @ts-types="../support/react.d.ts"
import { createRoot } from "react-dom/client";
// @ts-types="../support/react.d.ts"
import { renderToString } from "react-dom/server";
import { eventually } from "../support/eventually.ts";
import { serveHub } from "../support/hubs.ts";

type Events = { status: { n: number }; line: string };

const window = new Window();
// A window of happy-dom starts with timers of its own. They end here, and not in the first test.
await window.happyDOM.waitUntilComplete();
Object.assign(globalThis, { window, document: window.document, IS_REACT_ACT_ENVIRONMENT: true });

Deno.test.afterAll(() => window.happyDOM.close());

/** A rendered tree, in StrictMode. */
async function render(node: ReactNode) {
  const container = window.document.createElement("div");
  const root = createRoot(container);
  const show = (node: ReactNode) =>
    act(() => Promise.resolve(root.render(createElement(StrictMode, null, node))));
  await show(node);
  return {
    show,
    text: () => container.textContent,
    [Symbol.asyncDispose]: async () => {
      await act(() => Promise.resolve(root.unmount()));
      // What is left of the last moment.
      await new Promise((resolve) => setTimeout(resolve));
    },
  };
}

const nextTurn = () => act(() => new Promise((resolve) => setTimeout(resolve)));

Deno.test("useLatest shows the latest event of an id, and a second component has it in its first render", async () => {
  await using pubsub = createPubSub<Events>();
  const renders: (number | undefined)[] = [];
  const Status = ({ id }: { id: string }) => {
    const n = useLatest(pubsub, "status", id)?.payload.n;
    renders.push(n);
    return createElement("b", null, String(n));
  };
  await using page = await render(createElement(Status, { id: "1" }));
  assertEquals(page.text(), "undefined");
  await act(() => Promise.resolve(pubsub.publish("status", "1", { n: 1 })));
  await act(() => Promise.resolve(pubsub.publish("status", "2", { n: 9 })));
  assertEquals(page.text(), "1");
  renders.length = 0;
  await page.show([createElement(Status, { id: "1", key: 1 }), createElement(Status, { id: "1", key: 2 })]);
  assertEquals(page.text(), "11");
  assertEquals(new Set(renders), new Set([1]));
});

Deno.test("useLatest without an id has the latest event of each id, up to its bound, and renders a burst at most twice", async () => {
  await using pubsub = createPubSub<Events>();
  let renders = 0;
  const All = () => {
    renders++;
    const all: ReadonlyMap<string, EnvelopeOf<Events, "status">> = useLatest(pubsub, "status", { maxIds: 3 });
    return createElement("b", null, [...all].map(([id, { payload }]) => `${id}=${payload.n} `).join(""));
  };
  await using page = await render(createElement(All));
  renders = 0;
  await act(() => {
    for (let n = 0; n < 1000; n++) pubsub.publish("status", String(n % 4), { n });
    return Promise.resolve();
  });
  assertEquals(page.text(), "1=997 2=998 3=999 ");
  // StrictMode renders twice.
  assert(renders <= 4, `${renders} renders`);
});

Deno.test("useLatest begins with the latest event of a history", async () => {
  const history = createMemoryHistory({ status: { perId: 1 } });
  await using eventTarget = createInProcessEventTarget({ history });
  const pubsub = createPubSub<Events>({ eventTarget });
  pubsub.publish("status", "1", { n: 1 });
  const Status = () => createElement("b", null, useLatest(pubsub, "status", "1")?.payload.n);
  await using page = await render(createElement(Status));
  await nextTurn();
  assertEquals(page.text(), "1");
});

Deno.test("over a link, useLatest begins with the history of the hub, and continues without one after a loss", async () => {
  const history = createMemoryHistory({ status: { perId: 1 } });
  const onError = () => {};
  await using pair = createPair<Events>({
    hub: { history, onError },
    link: { resume: createResume(), onError },
  });
  const { hub, link } = pair;
  hub.pubsub.publish("status", "1", { n: 1 });
  const Page = () => {
    const status = useLatest(link.pubsub, "status", "1");
    const line = useLatest(link.pubsub, "line", "1");
    return createElement("b", null, `${status?.payload.n} ${line?.payload}`);
  };
  await using page = await render(createElement(Page));
  await act(() => pair.settle());
  await act(() => eventually(() => assertEquals(page.text(), "1 undefined")));
  hub.pubsub.publish("line", "1", "live");
  await act(() => eventually(() => assertEquals(page.text(), "1 live")));
  link.offline = true;
  hub.pubsub.publish("status", "1", { n: 2 });
  await act(() => Promise.resolve());
  link.offline = false;
  await act(() => eventually(() => assertEquals(page.text(), "2 live")));
});

Deno.test("useEvents calls the callback of the latest render, misses nothing over a remount, and stops with its component", async () => {
  await using eventTarget = createInProcessEventTarget();
  const pubsub = createPubSub<Events>({ eventTarget });
  const heard: string[] = [];
  let listens = 0;
  const { listen } = eventTarget;
  eventTarget.listen = (...args) => (listens++, listen.apply(eventTarget, args));
  const Lines = ({ name }: { name: string }) => {
    const [count, setCount] = useState(0);
    useEvents(pubsub, "line", "1", ({ payload }) => {
      heard.push(`${name} ${payload}`);
      setCount((count) => count + 1);
    });
    return createElement("b", null, count);
  };
  // Publishes while StrictMode unmounts its neighbour and mounts it again.
  const Publisher = () => {
    useEffect(() => {
      pubsub.publish("line", "1", "mount");
      return () => pubsub.publish("line", "1", "unmount");
    }, []);
    return null;
  };
  const tree = (name: string) =>
    createElement(Fragment, null, createElement(Lines, { name }), createElement(Publisher));
  {
    await using page = await render(tree("first"));
    assertEquals(heard, ["first mount", "first unmount", "first mount"]);
    assertEquals(listens, 1);
    assertEquals(page.text(), "3");
    await page.show(tree("second"));
    await act(() => Promise.resolve(pubsub.publish("line", "1", "later")));
    assertEquals(heard.at(-1), "second later");
    assertEquals(listens, 1);
    await page.show(null);
    await nextTurn();
    const { length } = heard;
    pubsub.publish("line", "1", "unheard");
    assertEquals(heard.length, length);
  }
  assertEquals(eventTarget.stats().listeners.topics, 0);
});

Deno.test("over a link, StrictMode opens one socket, subscribes once, and the status is the living link's", async () => {
  await using served = serveHub();
  const open = () => createWebSocketClientEventTarget(new WebSocket(served.url));
  const first = open();
  const pubsub = createPubSub<Events>({ eventTarget: first });
  const statuses: EventTargetStatus["state"][] = [];
  const App = ({ link }: { link: ReturnType<typeof open> }) => {
    const { state } = useStatus(link);
    statuses.push(state);
    const latest = useLatest(pubsub, "status");
    useEvents(pubsub, "line", () => {});
    return createElement("b", null, `${state} ${latest.size}`);
  };
  await using page = await render(createElement(App, { link: first }));
  await act(() => first.flush());
  await act(() => eventually(() => assertEquals(page.text(), "open 0")));
  assertEquals([served.sockets.length, [...served.spokes[0]?.topics ?? []].sort()], [1, ["line", "status"]]);
  served.hub.publish({ type: "status", id: "1", payload: { n: 1 } });
  await act(() => eventually(() => assertEquals(page.text(), "open 1")));

  const second = open();
  await second.flush();
  await page.show(createElement(App, { link: second }));
  statuses.length = 0;
  await act(() => first.close());
  assertEquals([page.text(), statuses.includes("closed")], ["open 1", false]);
  await act(() => second.close());
  await act(() => eventually(() => assertEquals(page.text(), "closed 1")));
});

Deno.test("a server renders without an event, and without its own connection", async () => {
  await using pubsub = createPubSub<Events>();
  const Page = () => {
    useEvents(pubsub, "line", "1", () => {});
    const { state } = useStatus(pubsub);
    return createElement("b", null, `${state} ${useLatest(pubsub, "status").size}`);
  };
  assertEquals(renderToString(createElement(Page)), "<b>connecting 0</b>");
});

Deno.test("a foreign event target is open", async () => {
  const Status = () => createElement("b", null, useStatus(new EventTarget()).state);
  await using page = await render(createElement(Status));
  assertEquals(page.text(), "open");
});

Deno.test("useLatest refuses a bound that keeps nothing, or all", async () => {
  await using pubsub = createPubSub<Events>();
  for (const maxIds of [0, -1, NaN]) {
    const Page = () => createElement("b", null, useLatest(pubsub, "status", { maxIds }).size);
    assertThrows(() => renderToString(createElement(Page)), RangeError, `Cannot use ${maxIds} as maxIds`);
  }
});
