import { createPubSub } from "@alkdev/pubsub";
import FakeTimers from "@sinonjs/fake-timers";
import { assert, assertEquals, assertGreater, assertLess, assertMatch } from "@std/assert";
import { type RunningHub, startHub } from "../../scripts/tools/hub.ts";
import { lines } from "../../scripts/lib/lines.ts";
import { relayEvents } from "../../examples/sse_relay.ts";
import { eventually } from "../support/eventually.ts";
import { firstLine, type RunningProgram, startProgram } from "../support/program.ts";

/** The time in which a client must read all waiting events. */
const READ_MS = 20_000;

interface Client extends AsyncDisposable {
  readonly status: number;
  readonly headers: Headers;
  /** The received messages: the data of each, after its kind if it has one. */
  readonly messages: readonly string[];
  /** Resolves with whether the relay ended the stream, and not the client. */
  readonly ended: Promise<boolean>;
}

/** Opens a stream and waits until the hub has acknowledged its topics. Disposing of it leaves the stream. */
async function openStream(url: string, ...topics: string[]): Promise<Client> {
  const leave = new AbortController();
  const query = new URLSearchParams(topics.map((topic) => ["topic", topic]));
  const response = await fetch(`${url}?${query}`);
  const { status, headers, body } = response;
  assert(status === 200 && body !== null);
  const messages: string[] = [];
  const ended = (async () => {
    let kind = "";
    // Not the signal of fetch, with which Deno does not always end a body.
    for await (const line of lines(body, leave)) {
      if (line.startsWith("event: ")) kind = `${line.slice("event: ".length)} `;
      if (line.startsWith("data: ")) messages.push(kind + line.slice("data: ".length));
      if (line === "") kind = "";
    }
    return true;
  })().catch(() => false);
  await eventually(() => assertEquals(messages[0], `subscribed ${JSON.stringify(topics)}`));
  return {
    status,
    headers,
    messages,
    ended,
    async [Symbol.asyncDispose]() {
      leave.abort();
      await ended;
    },
  };
}

async function startRelay(hub: RunningHub): Promise<RunningProgram & { readonly url: string }> {
  const relay = startProgram("examples/sse_relay.ts", hub.url);
  return { ...relay, url: await firstLine(relay) };
}

/** Opens a stream without reading it. */
async function openUnread(url: string, ...topics: string[]): Promise<Deno.Conn> {
  const { hostname, port } = new URL(url);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  const query = topics.map((topic) => `topic=${topic}`).join("&");
  await connection.write(new TextEncoder().encode(`GET /events?${query} HTTP/1.0\r\n\r\n`));
  return connection;
}

async function publishMoreThanSocketsHold(hub: RunningHub): Promise<void> {
  const padding = "x".repeat(10_000);
  for (let round = 1; round <= 20; round++) {
    for (let n = 0; n < 100; n++) publish(hub, "n", String(round), padding);
    await hub.eventTarget.flush();
  }
}

async function readUntil(connection: Deno.Conn, end: string): Promise<string> {
  const deadline = setTimeout(() => connection.close(), READ_MS);
  const decoder = new TextDecoder();
  const bytes = new Uint8Array(64 * 1024);
  let text = "";
  while (!text.endsWith("\n") || !text.includes(end)) {
    const count = await connection.read(bytes);
    if (count === null) throw new Error(`The stream ended before ${end}`);
    text += decoder.decode(bytes.subarray(0, count), { stream: true });
  }
  clearTimeout(deadline);
  return text;
}

const publish = ({ eventTarget }: RunningHub, type: string, id: string, payload: unknown): void =>
  eventTarget.publish({ type, id, payload });

Deno.test("the relay sends a client only the topics that it asks for", async () => {
  await using hub = startHub();
  await using relay = await startRelay(hub);
  await using one = await openStream(relay.url, "a:1");
  await using several = await openStream(relay.url, "a:2:x", "b");
  await using all = await openStream(relay.url, "*");
  assertEquals(one.headers.get("content-type"), "text/event-stream");
  publish(hub, "a", "1", { text: "x\n\ndata: y\r\n" });
  publish(hub, "a", "2:x", 2);
  publish(hub, "b", "", null);
  publish(hub, "c", "1", undefined);
  const events = [
    String.raw`{"type":"a","id":"1","payload":{"text":"x\n\ndata: y\r\n"}}`,
    '{"type":"a","id":"2:x","payload":2}',
    '{"type":"b","id":"","payload":null}',
    '{"type":"c","id":"1"}',
  ];
  await eventually(() => assertEquals(all.messages.slice(1), events));
  await eventually(() => assertEquals(several.messages.slice(1), events.slice(1, 3)));
  assertEquals(one.messages.slice(1), events.slice(0, 1));
});

Deno.test("the relay drops the subscriptions of a client as soon as the client leaves", async () => {
  await using hub = startHub();
  await using relay = await startRelay(hub);
  await using stays = await openStream(relay.url, "a:1");
  {
    await using _leaves = await openStream(relay.url, "a:1", "b");
    assertEquals(hub.eventTarget.topicCount, 2);
  }
  await eventually(() => assertEquals(hub.eventTarget.topicCount, 1));
  publish(hub, "a", "1", 1);
  await eventually(() => assertEquals(stays.messages.length, 2));
});

Deno.test("the relay refuses bad requests, and subscribes to nothing for them", async () => {
  await using hub = startHub();
  await using relay = await startRelay(hub);
  const many = Array.from({ length: 33 }, (_, i) => `topic=a:${i}`).join("&");
  const status = async (query: string, init?: RequestInit): Promise<number> => {
    const response = await fetch(relay.url + query, init);
    assertMatch(await response.text(), /^[^\n]+\n$/);
    return response.status;
  };
  for (
    const query of [
      "",
      "?topic=",
      "?topic=a:1&topic=__b",
      "?topic=*:1",
      `?${many}`,
      `?topic=${"a".repeat(2000)}`,
    ]
  ) {
    assertEquals(await status(query), 400, query.slice(0, 50));
  }
  assertEquals(await status("?topic=a:1", { method: "POST" }), 405);
  assertEquals(await status("/other"), 404);
  await using good = await openStream(relay.url, "good");
  assertEquals([good.messages.length, hub.eventTarget.topicCount], [1, 1]);
});

Deno.test("an idle stream gets comments", async () => {
  const clock = FakeTimers.install({ toFake: ["setInterval", "clearInterval"] });
  try {
    await using pubsub = createPubSub();
    const { body } = relayEvents(pubsub, new Request("http://relay/events?topic=a"));
    assert(body !== null);
    const messages = body.pipeThrough(new TextDecoderStream()).getReader();
    assertEquals((await messages.read()).value, 'event: subscribed\ndata: ["a"]\n\n');
    for (let times = 0; times < 3; times++) {
      const comment = messages.read();
      // A message in transit replaces a comment, so let it arrive first.
      await new Promise((resolve) => setTimeout(resolve));
      clock.tick(15_000);
      assertEquals((await comment).value, ":\n\n");
    }
    await messages.cancel();
    await eventually(() => assertEquals(clock.countTimers(), 0));
  } finally {
    clock.uninstall();
  }
});

Deno.test("a client that does not read loses its oldest events, and other clients lose none", async () => {
  await using hub = startHub();
  await using relay = await startRelay(hub);
  await using reads = await openStream(relay.url, "n");
  using slow = await openUnread(relay.url, "n", "slow");
  await eventually(() => assertEquals(hub.eventTarget.topicCount, 2));

  // In rounds, so that a reading client has received each round before the next one.
  const padding = "x".repeat(10_000);
  const rounds = 50;
  for (let round = 1; round <= rounds; round++) {
    for (let n = 0; n < 100; n++) publish(hub, "n", String(round), padding);
    await eventually(() => assertEquals(reads.messages.length, 1 + round * 100));
  }
  assertEquals(reads.messages.filter((message) => message.startsWith("dropped")), []);

  publish(hub, "n", "last", null);
  const heard = (await readUntil(slow, '"id":"last"')).split("\n");
  const events = heard.filter((line) => line.startsWith('data: {"type":"n"'));
  const dropped = heard.filter((_, i) => heard[i - 1] === "event: dropped")
    .map((line) => Number(line.match(/^data: \{"topic":"n","dropped":(\d+)\}$/)?.[1]));
  assertLess(events.length, rounds * 100);
  assertGreater(dropped.length, 0);
  assertEquals(events.length + (dropped.at(-1) ?? 0), rounds * 100 + 1);
});

Deno.test("the subscriptions of a client that does not read end when it leaves", async () => {
  await using hub = startHub();
  await using relay = await startRelay(hub);
  const slow = await openUnread(relay.url, "n");
  await eventually(() => assertEquals(hub.eventTarget.topicCount, 1));
  await publishMoreThanSocketsHold(hub);
  slow.close();
  await eventually(() => assertEquals(hub.eventTarget.topicCount, 0));
});

Deno.test("streams end with the hub after all sent events, and the relay ends with 1", async () => {
  const hub = startHub();
  await using relay = await startRelay(hub);
  await using client = await openStream(relay.url, "a", "b");
  const padding = "x".repeat(10_000);
  for (let n = 0; n < 200; n++) publish(hub, "a", String(n), padding);
  await hub.close();
  assert(await client.ended);
  const ids = client.messages.map((message) => message.match(/"id":"(\d+)"/)?.[1]).filter(Boolean);
  assertEquals(ids, Array.from({ length: 200 }, (_, n) => String(n)));
  const reason = "The connection ended with the code 1001: the hub is closed";
  assertEquals(client.messages.filter((message) => message.startsWith("ended")).toSorted(), [
    `ended ${JSON.stringify({ topic: "a", reason })}`,
    `ended ${JSON.stringify({ topic: "b", reason })}`,
  ]);
  assertEquals(await relay.ended, 1);
});

Deno.test("streams end with the relay, and a client that does not read cannot keep the relay from ending", async () => {
  await using hub = startHub();
  await using relay = await startRelay(hub);
  await using client = await openStream(relay.url, "a");
  using _slow = await openUnread(relay.url, "n");
  await eventually(() => assertEquals(hub.eventTarget.topicCount, 2));
  await publishMoreThanSocketsHold(hub);
  relay.kill("SIGTERM");
  assertEquals(await relay.ended, 0);
  assert(await client.ended);
  await eventually(() => assertEquals(hub.eventTarget.connectionCount, 0));
});
