import { assert, assertEquals, assertGreater, assertLess, assertMatch } from "@std/assert";
import { type RunningHub, startHub } from "../../examples/hub.ts";
import { eventually } from "../_eventually.ts";
import { lines } from "../../examples/_shared/lines.ts";
import { firstLine, type RunningProgram, startProgram } from "./_program.ts";

interface Client extends AsyncDisposable {
  readonly status: number;
  readonly headers: Headers;
  /** What came so far: each message's data, with its kind before it if it has one. */
  readonly messages: readonly string[];
  /** Resolves with whether the relay ended the stream, rather than the client. */
  readonly ended: Promise<boolean>;
}

/** Opens a stream and waits until the hub has acknowledged its topics. Disposing of it goes away. */
async function openStream(url: string, ...topics: string[]): Promise<Client> {
  const leave = new AbortController();
  const query = new URLSearchParams(topics.map((topic) => ["topic", topic]));
  const response = await fetch(`${url}?${query}`, { signal: leave.signal });
  const { status, headers, body } = response;
  assert(status === 200 && body !== null);
  const messages: string[] = [];
  const ended = (async () => {
    let kind = "";
    for await (const line of lines(body)) {
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
  const relay = startProgram("sse_relay.ts", hub.url);
  return { ...relay, url: await firstLine(relay) };
}

const publish = ({ eventTarget }: RunningHub, type: string, id: string, payload: unknown): void =>
  eventTarget.publish({ type, id, payload });

Deno.test("the relay sends a client just the topics that it asks for", async () => {
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

Deno.test("the relay forgets what a client had subscribed to as soon as it leaves", async () => {
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

Deno.test("the relay refuses what it cannot relay, and subscribes to nothing for it", async () => {
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

Deno.test("a client that does not read loses its oldest events, and no other client any", async () => {
  await using hub = startHub();
  await using relay = await startRelay(hub);
  await using reads = await openStream(relay.url, "n");
  const { hostname, port } = new URL(relay.url);
  using slow = await Deno.connect({ hostname, port: Number(port) });
  await slow.write(new TextEncoder().encode("GET /events?topic=n&topic=slow HTTP/1.0\r\n\r\n"));
  await eventually(() => assertEquals(hub.eventTarget.topicCount, 2));

  // In rounds, each of which a client that reads has got before the next one.
  const padding = "x".repeat(10_000);
  const rounds = 50;
  for (let round = 1; round <= rounds; round++) {
    for (let n = 0; n < 100; n++) publish(hub, "n", String(round), padding);
    await eventually(() => assertEquals(reads.messages.length, 1 + round * 100));
  }
  assertEquals(reads.messages.filter((message) => message.startsWith("dropped")), []);

  publish(hub, "n", "last", null);
  const heard: string[] = [];
  for await (const line of lines(slow.readable)) {
    heard.push(line);
    if (line.includes('"id":"last"')) break;
  }
  const events = heard.filter((line) => line.startsWith('data: {"type":"n"'));
  const dropped = heard.filter((_, i) => heard[i - 1] === "event: dropped")
    .map((line) => Number(line.match(/^data: \{"topic":"n","dropped":(\d+)\}$/)?.[1]));
  assertLess(events.length, rounds * 100);
  assertGreater(dropped.length, 0);
  assertEquals(events.length + (dropped.at(-1) ?? 0), rounds * 100 + 1);
});

Deno.test("a client that does not read is forgotten as well when it leaves", async () => {
  await using hub = startHub();
  await using relay = await startRelay(hub);
  const { hostname, port } = new URL(relay.url);
  const slow = await Deno.connect({ hostname, port: Number(port) });
  await slow.write(new TextEncoder().encode("GET /events?topic=n HTTP/1.1\r\nhost: a\r\n\r\n"));
  await eventually(() => assertEquals(hub.eventTarget.topicCount, 1));
  for (let n = 0; n < 1000; n++) publish(hub, "n", "1", "x".repeat(10_000));
  await hub.eventTarget.flush();
  slow.close();
  await eventually(() => assertEquals(hub.eventTarget.topicCount, 0));
});

Deno.test("streams end with the hub, after what it had sent, and the relay with 1", async () => {
  const hub = startHub();
  await using relay = await startRelay(hub);
  await using client = await openStream(relay.url, "a", "b");
  for (let n = 0; n < 200; n++) publish(hub, "a", String(n), n);
  await hub.close();
  assert(await client.ended);
  assertEquals(client.messages.length, 201);
  assertEquals(await relay.ended, 1);
});

Deno.test("streams end with the relay, which ends with 0 at a signal, a client that does not read or not", async () => {
  await using hub = startHub();
  await using relay = await startRelay(hub);
  await using client = await openStream(relay.url, "a");
  const { hostname, port } = new URL(relay.url);
  using slow = await Deno.connect({ hostname, port: Number(port) });
  await slow.write(new TextEncoder().encode("GET /events?topic=n HTTP/1.1\r\nhost: a\r\n\r\n"));
  await eventually(() => assertEquals(hub.eventTarget.topicCount, 2));
  for (let n = 0; n < 1000; n++) publish(hub, "n", "1", "x".repeat(10_000));
  await hub.eventTarget.flush();
  relay.kill("SIGTERM");
  assertEquals(await relay.ended, 0);
  assert(await client.ended);
  await eventually(() => assertEquals(hub.eventTarget.connectionCount, 0));
});
