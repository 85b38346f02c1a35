// The programs of docs/recipes/, over a hub and links.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  createInProcessEventTarget,
  createPubSub,
  createWebSocketClientEventTarget,
  type PubSub,
} from "@alkdev/pubsub";
import { createResume, GapError } from "@alkdev/pubsub/history";
import { createPair } from "@alkdev/pubsub/testing";
import * as stream from "../../examples/recipes/answer_stream.ts";
import * as dashboard from "../../examples/recipes/dashboard.ts";
import { hostTabs, joinTabs } from "../../examples/recipes/one_socket.ts";
import * as presence from "../../examples/recipes/presence.ts";
import { type Events as Sums, requestSum, serveSums } from "../../examples/recipes/request_reply.ts";
import { type Events as Sessions, relaySession } from "../../examples/recipes/sse_relay.ts";
import { eventually } from "../support/eventually.ts";
import { serveHub } from "../support/hubs.ts";

const onError = () => {};
const root = fileURLToPath(new URL("../../examples/recipes/", import.meta.url));

Deno.test("a recipe has at most 60 lines", async () => {
  const files = globSync("*.ts", { cwd: root });
  assertEquals(files.length, 6);
  for (const file of files) {
    const { length } = (await Deno.readTextFile(root + file)).trimEnd().split("\n");
    assert(length <= 60, `${file} has ${length} lines`);
  }
});

Deno.test("request and reply: each requester gets its own answer, and an error of the server", async () => {
  await using upstream = createInProcessEventTarget();
  await using pair = createPair<Sums>({ hub: { upstream, onError } });
  const server = pair.addLink();
  serveSums(
    server.pubsub,
    (numbers) =>
      numbers.length === 0
        ? Promise.reject(new RangeError("no numbers"))
        : Promise.resolve(numbers.reduce((sum, n) => sum + n)),
  );
  await pair.settle();
  const sums = await Promise.all([1, 2, 3].map((n) => requestSum(pair.link.pubsub, [n, 10])));
  assertEquals(sums, [11, 12, 13]);
  await assertRejects(() => requestSum(pair.link.pubsub, []), Error, "no numbers");
});

Deno.test("request and reply: a request that nobody answers, and one without a hub, reject in time and leave nothing", async () => {
  await using pair = createPair<Sums>({ hub: { onError }, link: { onError } });
  await pair.settle();
  await assertRejects(() => requestSum(pair.link.pubsub, [1], { timeoutMs: 20 }), DOMException);
  pair.link.offline = true;
  await assertRejects(() => requestSum(pair.link.pubsub, [1], { timeoutMs: 20 }), DOMException);
  assertEquals(pair.link.eventTarget.stats().listeners.topics, 0);
});

Deno.test("a stream of an answer can be joined late, over a lost connection, and once only from its start", async () => {
  const history = stream.createAnswerHistory();
  await using pair = createPair<stream.Events>({
    hub: { history, onError },
    link: { onError, resume: createResume() },
  });
  const { hub, link } = pair;
  const read = async (id: string): Promise<string> => {
    let text = "";
    for await (const part of stream.readAnswer(link.pubsub, id)) text += part;
    return text;
  };
  let goOn = () => {};
  const half = new Promise<void>((resolve) => goOn = resolve);
  async function* tokens() {
    yield* ["Once ", "upon "];
    await half;
    yield* ["a ", "time"];
  }
  const early = read("1");
  const writing = stream.streamAnswer(hub.pubsub, "1", tokens());
  await pair.settle();
  const late = read("1");
  await pair.settle();
  link.offline = true;
  await Promise.resolve();
  goOn();
  await writing;
  link.offline = false;
  assertEquals([await early, await late, await read("1")], Array(3).fill("Once upon a time"));

  await stream.streamAnswer(hub.pubsub, "2", failing());
  await assertRejects(() => read("2"), Error, "out of tokens");
  history.forget("answer.part", "1");
  await assertRejects(() => read("1"), GapError);
});

async function* failing(): AsyncGenerator<string> {
  yield "Once ";
  await Promise.reject(new Error("out of tokens"));
}

Deno.test("a dashboard has the state of everything, also after the connection was lost", async () => {
  const history = dashboard.createStatusHistory();
  await using pair = createPair<dashboard.Events>({
    hub: { history, onError },
    link: { onError, resume: createResume() },
  });
  const { hub, link } = pair;
  const up = { state: "up", load: 1 } as const;
  for (const id of ["1", "2", "3"]) hub.pubsub.publish("machine.status", id, up);
  hub.pubsub.publish("machine.status", "3", { removed: true });
  let changes = 0;
  using shown = dashboard.createDashboard(link.pubsub, () => changes++);
  await eventually(() => assertEquals([...shown.machines], [["1", up], ["2", up]]));
  link.offline = true;
  await Promise.resolve();
  hub.pubsub.publish("machine.status", "2", { state: "down", load: 0 });
  link.offline = false;
  await eventually(() => assertEquals(shown.machines.get("2"), { state: "down", load: 0 }));
  assertEquals([shown.machines.size, changes > 3], [2, true]);
});

Deno.test("presence: a user with two tabs is online once, and gone with the last one", async () => {
  const hub = presence.createPresenceHub();
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    hub.addConnection(socket, { context: { name: new URL(request.url).searchParams.get("name") ?? "" } });
    return response;
  });
  const open = (name: string) => {
    const url = `ws://127.0.0.1:${server.addr.port}/?name=${name}`;
    const link = createWebSocketClientEventTarget(new WebSocket(url));
    let online: string[] = [];
    presence.watchPresence(createPubSub<presence.Events>({ eventTarget: link }), (names) => online = names);
    return { link, online: () => online };
  };
  const ada = open("ada");
  await eventually(() => assertEquals(ada.online(), ["ada"]));
  const [bob, tab] = [open("bob"), open("bob")];
  await eventually(() =>
    assertEquals([ada, bob, tab].map((user) => user.online()), Array(3).fill(["ada", "bob"]))
  );
  await tab.link.close();
  await ada.link.flush();
  assertEquals(ada.online(), ["ada", "bob"]);
  await bob.link.close();
  await eventually(() => assertEquals(ada.online(), ["ada"]));
  await ada.link.close();
  await hub.close();
});

Deno.test("one socket for all tabs: tabs share one connection, and hear the hub and each other", async () => {
  await using upstream = createInProcessEventTarget();
  await using served = serveHub({ upstream });
  const host = hostTabs(served.url);
  type Events = { news: string };
  const ports: MessagePort[] = [];
  const open = (): PubSub<Events> =>
    joinTabs<Events>(() => {
      const { port1, port2 } = new MessageChannel();
      ports.push(port1, port2);
      host.addWorker(port2);
      return port1;
    });
  const [first, second] = [open(), open()];
  const heard: string[] = [];
  for (const tab of [first, second]) tab.on("news", ({ payload }) => heard.push(payload));
  await Promise.all([first.flush(), second.flush()]);
  await eventually(() => assertEquals(served.hub.topicCount, 1));
  served.hub.publish({ type: "news", id: "1", payload: "of the hub" });
  await eventually(() => assertEquals(heard, ["of the hub", "of the hub"]));
  first.publish("news", "1", "of a tab");
  await eventually(() => assertEquals(heard.slice(2), ["of a tab", "of a tab"]));
  assertEquals(served.hub.connectionCount, 1);
  for (const { eventTarget } of [first, second]) await Reflect.get(eventTarget, "close").call(eventTarget);
  await host.close();
  for (const port of ports) port.close();
  await closeUpstreamOf(served);
});

/** The link of the shared worker lives as long as the worker: here, as long as its hub lets it come back. */
async function closeUpstreamOf(
  { hub }: { hub: { close(spokes: () => boolean, end: { code: number }): Promise<void> } },
) {
  await hub.close(() => true, { code: 4400 });
}

Deno.test("a relay sends Server-Sent Events, says what a slow client missed, and ends with the hub", async () => {
  await using pair = createPair<Sessions>({ hub: { onError }, link: { onError } });
  const { hub, link } = pair;
  const response = await relaySession(link.pubsub, "1");
  assertEquals(response.headers.get("content-type"), "text/event-stream");
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  assert(reader !== undefined);
  let text = "";
  const until = async (end: RegExp): Promise<string> => {
    while (!end.test(text)) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`It ended with ${text}`);
      text += value;
    }
    const read = text;
    text = "";
    return read;
  };
  await until(/from here on/);
  hub.pubsub.publish("session.status", "2", { state: "idle" });
  hub.pubsub.publish("session.status", "1", { state: "running" });
  assertEquals(
    await until(/}}\n\n/),
    'data: {"type":"session.status","id":"1","payload":{"state":"running"}}\n\n',
  );
  for (let i = 0; i < 1000; i++) hub.pubsub.publish("session.status", "1", { state: "idle" });
  await pair.settle();
  const missed = Number((await until(/missed\ndata: \d+\n\n/)).match(/missed\ndata: (\d+)/)?.[1]);
  assert(missed > 800, `${missed} missed`);
  await reader.cancel();
  await eventually(() => assertEquals(link.eventTarget.stats().listeners.topics, 0));

  const ended = await relaySession(link.pubsub, "1");
  await link.eventTarget.close();
  assertEquals(await ended.text(), ": from here on\n\n");
});
