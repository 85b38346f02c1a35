import { createWebSocketServerEventTarget } from "@alkdev/pubsub";
import { createHttpEdge, type HttpEdgeOptions } from "@alkdev/pubsub/http";
import { assert, assertEquals } from "@std/assert";
import { serveEdge } from "../support/event_streams.ts";
import { eventually } from "../support/eventually.ts";
import { ManualEventTarget } from "../support/manual_event_target.ts";
import { HOSTILE_REQUESTS, rawRequest } from "../support/raw_request.ts";

/** Answers one request for events of the own page, and returns the reports too. */
async function answer(
  options: HttpEdgeOptions,
  path = "/events?topic=a",
): Promise<[number, string, string[]]> {
  const reports: string[] = [];
  await using hub = createWebSocketServerEventTarget({
    onError: ({ message }, { stage }) => reports.push(`${stage}: ${message}`),
  });
  const headers = { origin: "http://127.0.0.1", host: "127.0.0.1" };
  const response = await createHttpEdge(hub, options).fetch(
    new Request(`http://127.0.0.1${path}`, { headers }),
  );
  return [response.status, await response.text(), reports];
}

Deno.test("a response of authenticate that cannot be changed is the answer", async () => {
  const location = "http://127.0.0.1/login";
  assertEquals((await answer({ authenticate: () => Response.redirect(location, 303) }))[0], 303);
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => new Response("not you", { status: 418 }),
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  assertEquals(await answer({ authenticate: () => fetch(url) }), [418, "not you", []]);
});

Deno.test("a function of the program that fails is a report and the status 500, never a rejection", async () => {
  const failed = '{"error":"the server has failed"}';
  const metrics = () => {
    throw new Error("no numbers");
  };
  assertEquals(await answer({ metrics }, "/metrics"), [500, failed, ["connect: no numbers"]]);
  const used = new Response("once", { status: 401 });
  await used.text();
  const [status, text, reports] = await answer({ authenticate: () => used });
  assertEquals([status, text, reports.length], [500, failed, 1]);
});

Deno.test("an upgrade that the server cannot make is refused, and no spoke is left", async () => {
  const hub = createWebSocketServerEventTarget({ onError() {} });
  await using edge = serveEdge(hub, createHttpEdge(hub, { upgrade: Deno.upgradeWebSocket }));
  for (const [what, text] of Object.entries(HOSTILE_REQUESTS)) {
    const received = await rawRequest(edge.port, text, 200);
    assertEquals(/ 50\d /.test(received.split("\r\n")[0] ?? ""), false, `${what}: ${received}`);
  }
  await eventually(() => assertEquals(hub.connectionCount, 0));
});

Deno.test("an event that is very deep leaves no spoke behind", async () => {
  await using hub = createWebSocketServerEventTarget({ onError() {} });
  const { fetch } = createHttpEdge(hub);
  const deep = `{"type":"a","id":"b","payload":${"[".repeat(200_000)}${"]".repeat(200_000)}}`;
  for (const body of [deep, `[${deep}]`]) {
    const response = await fetch(new Request("http://127.0.0.1/publish", { method: "POST", body }));
    // Some runtimes can send it on.
    assert([202, 400].includes(response.status), await response.text());
  }
  await eventually(() => assertEquals(hub.connectionCount, 0));
});

Deno.test("a client that leaves before the answer is no spoke afterwards", async () => {
  const waiting = Promise.withResolvers<void>();
  let asked = 0;
  const hub = createWebSocketServerEventTarget();
  await using edge = serveEdge(
    hub,
    createHttpEdge(hub, {
      authenticate: async () => {
        asked++;
        await waiting.promise;
        return {};
      },
    }),
  );
  const leave = new AbortController();
  const left = fetch(`${edge.url}/events?topic=a`, { signal: leave.signal }).catch(() => "left");
  await eventually(() => assertEquals(asked, 1));
  leave.abort();
  assertEquals(await left, "left");
  waiting.resolve();
  await eventually(() => assertEquals([hub.stats().connections.opened, hub.connectionCount], [1, 0]));
});

Deno.test("a client that leaves while its question waits is no spoke afterwards", async () => {
  const hub = createWebSocketServerEventTarget({ authorize: () => new Promise<boolean>(() => {}) });
  await using edge = serveEdge(hub, createHttpEdge(hub));
  const leave = new AbortController();
  const { signal } = leave;
  const requests = [
    fetch(`${edge.url}/events?topic=a`, { signal }),
    fetch(`${edge.url}/publish`, { signal, method: "POST", body: '{"type":"a","id":"b"}' }),
  ];
  await eventually(() => assertEquals(hub.connectionCount, 2));
  leave.abort();
  await Promise.allSettled(requests);
  await eventually(() => assertEquals(hub.connectionCount, 0));
});

Deno.test("a method that a path does not have is refused with those that it has", async () => {
  await using hub = createWebSocketServerEventTarget();
  const { fetch } = createHttpEdge(hub, { metrics: () => "" });
  for (
    const [path, method, allowed] of [
      ["/events?topic=a", "HEAD", "GET"],
      ["/events?topic=a", "DELETE", "GET"],
      ["/publish", "PUT", "POST"],
      ["/metrics", "POST", "GET"],
    ] as const
  ) {
    const { status, headers } = await fetch(new Request(`http://127.0.0.1${path}`, { method }));
    assertEquals([status, headers.get("allow")], [405, allowed]);
  }
});

Deno.test("a stream begins with its topics, and then says that the bus of the hub is away", async () => {
  const upstream = new ManualEventTarget({}, "connecting");
  const hub = createWebSocketServerEventTarget({ upstream });
  const edge = createHttpEdge(hub);
  for (const isUp of [true, false]) {
    upstream.changeStatus({ state: "connecting" });
    const request = new Request("http://127.0.0.1/events?topic=a", { headers: { host: "127.0.0.1" } });
    const answer = edge.fetch(request);
    await eventually(() => assertEquals(upstream.told.at(-1), "want a"));
    if (isUp) upstream.changeStatus({ state: "open" });
    upstream.acknowledge("a");
    const reader = (await answer).body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    await eventually(async () => {
      text += (await reader?.read())?.value ?? "";
      assertEquals(text.match(/event: \w+/g), ["event: subscribed", ...isUp ? [] : ["event: upstream"]]);
    });
    await reader?.cancel();
    await eventually(() => assertEquals(upstream.told.at(-1), "unwant a"));
  }
  await hub.close();
});
