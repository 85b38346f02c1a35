import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  createInProcessEventTarget,
  createPubSub,
  createWebSocketClientEventTarget,
  createWebSocketServerEventTarget,
  createWorkerHostEventTarget,
  RefusedError,
  type WebSocketLike,
  type WebSocketServerEventTarget,
} from "@alkdev/pubsub";
import { createHubIrohEventTarget } from "@alkdev/pubsub/event-target-iroh";
import { expectTypeOf } from "expect-type";
import { eventually } from "../../support/eventually.ts";
import { serveHub } from "../../support/hubs.ts";
import { openLink } from "../../support/links.ts";
import { serveUsers, type User } from "../../support/user_hub.ts";
import { envelope, payloadsOf } from "../../support/events.ts";

Deno.test("one type argument is the context of each kind of hub", () => {
  const hub = createWebSocketServerEventTarget<User>({
    authorize: ({ spoke }) => spoke.context.name === "ada",
    onConnection: ({ context }) => void expectTypeOf(context).toEqualTypeOf<User>(),
  });
  expectTypeOf(hub.addConnection).parameters.toEqualTypeOf<
    [connection: WebSocketLike, options: { readonly context: User }]
  >();
  expectTypeOf(hub.spokes[0]?.context).toEqualTypeOf<User | undefined>();
  const options = { authorize: ({ spoke }: { spoke: { context: User } }) => spoke.context.name === "ada" };
  const host = createWorkerHostEventTarget<User>([], options);
  expectTypeOf(host.spokes[0]?.context).toEqualTypeOf<User | undefined>();
  const iroh = createHubIrohEventTarget<User>(undefined, options);
  expectTypeOf(iroh.spokes[0]?.context).toEqualTypeOf<User | undefined>();
  expectTypeOf(iroh.spokes[0]?.endpointId).toEqualTypeOf<string | undefined>();
});

Deno.test("a spoke's context has the type of the hub, and must be given with the connection", () => {
  const hub: WebSocketServerEventTarget<never, WebSocket, User> = createWebSocketServerEventTarget({
    authorize: ({ spoke }) => spoke.context.name === "ada",
    onConnection: (spoke) => void expectTypeOf(spoke.context).toEqualTypeOf<User>(),
  });
  expectTypeOf(hub.addConnection).parameters.toEqualTypeOf<
    [connection: WebSocket, options: { readonly context: User }]
  >();
  expectTypeOf<ReturnType<typeof hub.addConnection>["context"]>().toEqualTypeOf<User>();
  const plain = createWebSocketServerEventTarget();
  expectTypeOf(plain.addConnection).toBeCallableWith({} as WebSocket);
  expectTypeOf<ReturnType<typeof plain.addConnection>["context"]>().toEqualTypeOf<unknown>();
});

Deno.test("a refused subscription ends alone with a RefusedError, and so does a revoked one", async () => {
  await using users = serveUsers();
  await using open = openLink(users.url("ada"));
  const pubsub = createPubSub<{ inbox: number }>({ eventTarget: open.link });
  const own = pubsub.subscribe("inbox", "ada");
  const refused = [pubsub.subscribe("inbox", "eve"), pubsub.subscribe("inbox"), pubsub.subscribeAll()];
  for (const subscription of refused) {
    const error = await assertRejects(() => subscription.next(), Error, "not authorized");
    assertEquals(error.name, "RefusedError");
  }
  await own.ready;
  users.hub.publish(envelope("inbox", "ada", 1));
  assertEquals((await own.next()).value?.payload, 1);
  const spoke = users.spokes.get("ada");
  assert(spoke !== undefined);
  users.hub.revoke(spoke, "inbox:ada");
  const error = await assertRejects(() => own.next(), Error, "revoked");
  assertEquals([error.name, open.link.status.state], ["RefusedError", "open"]);
  await open.link.close();
});

/** Frames by which a spoke could try to receive or publish what it may not. */
const TRICKS: readonly unknown[] = [
  ...[
    ["inbox:ada"],
    ["inbox"],
    ["*"],
    ["inbox:eve", "inbox:ada", "inbox:eve"],
    ["*:*"],
    ["inbox:*"],
    [":ada"],
    ["inbox::ada"],
    [" inbox:ada"],
    ["inbox:ada "],
    ["INBOX:ada"],
    ["inbox\u0000:ada"],
    ["inbox:ada\u0000"],
    // Letters that look like others, that are made of two, and halves of one.
    ["inbox:\u0430da"],
    ["\uff49nbox:ada"],
    ["inbox:a\u0301da"],
    ["inbox:ada\ud800"],
    ["inbox\udc00:ada"],
    ["__proto__", "constructor", "toString:ada"],
    [["inbox:ada"]],
    { 0: "inbox:ada", length: 1 },
    "inbox:ada",
    [{ type: "inbox", id: "ada" }],
  ].flatMap((topics) => [
    { type: "__subscribe", id: "1", payload: { topics } },
    { type: "__subscribe", id: "inbox:ada", payload: { topics, context: { name: "ada" }, spoke: 1 } },
    { type: "__subscribed", id: "1", payload: { topics } },
  ]),
  { type: "__hello", id: "", payload: { version: 1, context: { name: "ada" }, name: "ada" } },
  { type: "__hello", id: "", context: { name: "ada" }, payload: { version: 2, authorized: true } },
  { type: "__Subscribe", id: "1", payload: { topics: ["inbox:ada"] } },
  { type: "__subscribe ", id: "1", payload: { topics: ["inbox:ada"] } },
  { type: "__subscribe:1", id: "1", payload: { topics: ["inbox:ada"] } },
  { type: "__revoked", id: "", payload: { refused: [{ topic: "inbox:ada", reason: "mine" }] } },
  { type: "__gap", id: "", payload: {} },
  { type: "inbox", id: "ada", payload: "forged" },
  {
    type: "inbox",
    id: "ada",
    payload: "forged",
    context: { name: "ada" },
    spoke: { context: { name: "ada" } },
  },
  { type: "inbox", id: "ada", payload: "forged", via: ["hub.1"] },
  [{ type: "inbox", id: "eve", payload: "own" }, { type: "inbox", id: "ada", payload: "forged" }],
  [[{ type: "inbox", id: "ada", payload: "forged" }]],
  { type: "inbox:ada", id: "eve", payload: "forged" },
  { type: "inbox", id: ["ada"], payload: "forged" },
  { type: ["inbox"], id: "ada", payload: "forged" },
  { type: "*", id: "ada", payload: "forged" },
];

for (const sync of [true, false]) {
  for (const over of ["no upstream", "an upstream"] as const) {
    Deno.test(`no trick lets a spoke receive or publish what it may not: ${over}, authorize ${sync ? "sync" : "async"}`, async () => {
      await using upstream = createInProcessEventTarget();
      const passed: (string | undefined)[] = [];
      await using users = serveUsers({
        ...(over === "an upstream" ? { upstream } : {}),
        authorize({ spoke, type, id }) {
          const allowed = type === "inbox" && id === spoke.context.name;
          if (spoke.context.name === "eve" && allowed) passed.push(id);
          return sync ? allowed : Promise.resolve(allowed);
        },
      });
      const heardByHub = payloadsOf(users.hub, "*");
      await using ada = openLink(users.url("ada"));
      const heardByAda = payloadsOf(ada.link, "inbox", "ada");
      await ada.link.flush();
      const eve = new WebSocket(users.url("eve"));
      const frames: string[] = [];
      eve.onmessage = ({ data }) => void frames.push(data);
      await new Promise((resolve) => eve.onopen = resolve);
      for (const trick of TRICKS) {
        eve.send(JSON.stringify(trick));
        users.hub.publish(envelope("inbox", "ada", "secret"));
      }
      // The hub still answers, and events that eve may receive arrive.
      eve.send(JSON.stringify({ type: "__ping", id: "done" }));
      await eventually(() => frames.some((frame) => frame.includes("done")));
      users.hub.publish(envelope("inbox", "ada", "secret"));
      users.hub.publish(envelope("inbox", "eve", "open"));
      await eventually(() => frames.at(-1)?.includes("open") === true);
      assertEquals(frames.filter((frame) => frame.includes("secret")), []);
      await eventually(() => heardByAda.length === TRICKS.length + 1);
      assertEquals(heardByAda.filter((payload) => payload !== "secret"), []);
      assertEquals(heardByHub.filter((payload) => payload === "forged"), []);
      assertEquals(new Set(passed), new Set(["eve"]));
      const closed = new Promise((resolve) => eve.onclose = resolve);
      eve.close();
      await closed;
      await ada.link.close();
    });
  }
}

Deno.test("a client without a token is not a spoke, and nothing of the hub reaches it", async () => {
  await using users = serveUsers();
  await using open = openLink(users.url("mallory"));
  const error = await open.link.closed;
  assertEquals([error?.name, users.hub.connectionCount], ["ConnectionLostError", 0]);
});

for (
  const [limit, options, reason] of [
    ["events a second", { maxEventsPerSecond: 50 }, "more than 50 events a second"],
    [
      "work that waits",
      { maxPending: 50, authorize: () => new Promise<boolean>(() => {}) },
      "more than 50 events or 16777216 bytes wait to be handled",
    ],
  ] as const
) {
  Deno.test(`a link beyond the limit of ${limit} is dropped (4429), and its neighbour is not affected`, async () => {
    await using served = serveHub(options);
    await using loud = openLink(served.url);
    await using quiet = openLink(served.url);
    for (let i = 0; i < 60; i++) loud.link.publish(envelope("n", "1", i));
    const error = await loud.link.closed;
    assertEquals([error?.name, (error as { code?: number }).code, (error as { reason?: string }).reason], [
      "ConnectionLostError",
      4429,
      reason,
    ]);
    assertEquals([quiet.link.status.state, served.hub.connectionCount], ["open", 1]);
    await quiet.link.close();
  });
}

Deno.test("events that a spoke published before it closed are received, even if authorize is slow", async () => {
  const answers: (() => void)[] = [];
  await using served = serveHub({
    authorize: () => new Promise<boolean>((resolve) => answers.push(() => resolve(true))),
  });
  const heard = payloadsOf(served.hub, "n");
  const { link } = openLink(served.url);
  for (let i = 0; i < 3; i++) link.publish(envelope("n", "1", i));
  await link.close();
  await eventually(() => served.hub.connectionCount === 0 && answers.length === 3);
  assertEquals(heard, []);
  for (const answer of answers.toReversed()) answer();
  await eventually(() => assertEquals(heard, [0, 1, 2]));
  assertEquals(served.faults, []);
});

Deno.test("the report of a refusal names the topic", async () => {
  await using users = serveUsers();
  const link = createWebSocketClientEventTarget(new WebSocket(users.url("ada")), { onError() {} });
  const pubsub = createPubSub({ eventTarget: link });
  await assertRejects(() => pubsub.subscribe("inbox", "eve").ready, RefusedError);
  pubsub.publish("news", "1", "a");
  await link.flush();
  await eventually(() =>
    assertEquals(users.faults, [
      'subscribe TypeError: Cannot subscribe a spoke to "inbox:eve": not authorized',
      'publish TypeError: Cannot publish an event of a spoke on "news:1": not authorized',
    ])
  );
  await link.close();
});
