import { createWebSocketServerEventTarget, type WebSocketServerOptions } from "@alkdev/pubsub";
import {
  createHttpEdge,
  createNodeListeners,
  type HttpEdge,
  type HttpEdgeOptions,
  type NodeResponse,
} from "@alkdev/pubsub/http";
import { assert, assertEquals, assertMatch } from "@std/assert";
// @ts-types="../../hub/ws.d.ts"
import { WebSocketServer } from "ws";
import { listen } from "../../hub/server.ts";
import { eventually } from "../support/eventually.ts";
import { HOSTILE_REQUESTS, rawRequest } from "../support/raw_request.ts";

/** A server of `node:http` over an edge. Disposing of it closes the hub first. */
async function serve(
  options: HttpEdgeOptions = {},
  edgeOf = (edge: HttpEdge): HttpEdge => edge,
  hubOptions: WebSocketServerOptions = {},
) {
  const errors: Error[] = [];
  const hub = createWebSocketServerEventTarget({ onError: (error) => errors.push(error), ...hubOptions });
  const webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: 65_536,
    perMessageDeflate: false,
  });
  const { onRequest, onUpgrade } = createNodeListeners(edgeOf(createHttpEdge(hub, options)), webSockets);
  const answers = new Set<NodeResponse>();
  const server = await listen("127.0.0.1", 0, {
    onUpgrade,
    onRequest(request, response) {
      answers.add(response);
      response.on("close", () => answers.delete(response));
      onRequest(request, response);
    },
  });
  return {
    hub,
    errors,
    /** Answers that have not ended. */
    answers,
    port: Number(new URL(server.url).port),
    url: server.url,
    async [Symbol.asyncDispose]() {
      await hub.close();
      await server.close();
    },
  };
}

for (const [what, text] of Object.entries(HOSTILE_REQUESTS)) {
  Deno.test(`a server of node:http outlives ${what}`, async () => {
    await using server = await serve();
    assertMatch(await rawRequest(server.port, text, 200), /^(HTTP\/1\.1 [45]\d\d |HTTP\/1\.1 20[0-9] |$)/);
    const response = await fetch(`${server.url}/publish`, { method: "POST", body: "[]" });
    assertEquals([response.status, await response.text()], [202, ""]);
    await eventually(() => assertEquals(server.hub.connectionCount, 0));
  });
}

Deno.test("a client of node:http that leaves before the answer is no spoke afterwards", async () => {
  const waiting = Promise.withResolvers<void>();
  let asked = 0;
  await using server = await serve({
    authenticate: async () => {
      asked++;
      await waiting.promise;
      return {};
    },
  });
  const leave = new AbortController();
  const requests = Array.from(
    { length: 10 },
    () => fetch(`${server.url}/events?topic=a`, { signal: leave.signal }).catch(() => "left"),
  );
  await eventually(() => assertEquals(asked, 10));
  leave.abort();
  assertEquals(new Set(await Promise.all(requests)), new Set(["left"]));
  // The server notices the end of a connection a moment later.
  assertEquals(await fetch(`${server.url}/nowhere`).then(async (it) => (await it.text(), it.status)), 404);
  waiting.resolve();
  await eventually(() =>
    assertEquals([server.hub.stats().connections.opened, server.hub.connectionCount], [10, 0])
  );
});

Deno.test("a client whose upgrade is refused cannot keep the connection open", async () => {
  await using server = await serve({ authenticate: () => false });
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const text = "GET /events HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
  await connection.write(new TextEncoder().encode(text));
  const buffer = new Uint8Array(4096);
  const { length } = new TextDecoder().decode(buffer.subarray(0, await connection.read(buffer) ?? 0));
  assert(length > 0);
  assertEquals(await connection.read(buffer), null);
  // Writing fails once the server has ended its half as well.
  await eventually(async () => {
    const failed = await connection.write(buffer).then(() => false, () => true);
    assert(failed);
  });
});

Deno.test("a client that leaves while its question waits is no spoke afterwards", async () => {
  const never = new Promise<boolean>(() => {});
  await using server = await serve({}, undefined, { authorize: () => never });
  const text = '{"type":"a","id":"b"}';
  const requests = [
    "GET /events?topic=a HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n",
    `POST /publish HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
  ];
  for (const [i, request] of requests.entries()) {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    await connection.write(new TextEncoder().encode(request));
    await eventually(() => assertEquals(server.hub.stats().connections.opened, i + 1));
    connection.close();
    await eventually(() => assertEquals(server.hub.connectionCount, 0));
  }
});

Deno.test("a client that leaves with requests behind one another leaves no spoke behind", async () => {
  await using server = await serve();
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const request = "GET /events?topic=a HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";
  await connection.write(new TextEncoder().encode(request.repeat(20)));
  await eventually(() => assertEquals(server.hub.connectionCount, 20));
  connection.close();
  await eventually(() => assertEquals(server.hub.connectionCount, 0));
});

Deno.test("a client that does not read loses its connection when the hub drops it", async () => {
  await using server = await serve({}, undefined, { backpressureGraceMs: 50 });
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  await connection.write(new TextEncoder().encode("GET /events?topic=a HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"));
  await eventually(() => assertEquals(server.hub.connectionCount, 1));
  const payload = "x".repeat(64 * 1024);
  await eventually(() => {
    server.hub.publish({ type: "a", id: "b", payload });
    assertEquals(server.hub.connectionCount, 0);
  });
  await eventually(() => assertEquals(server.answers.size, 0));
});

Deno.test("a request that offers another protocol is answered as if it did not", async () => {
  await using server = await serve();
  const text = '{"type":"a","id":"b"}';
  const offer = "connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n";
  assertMatch(
    await rawRequest(
      server.port,
      `POST /publish HTTP/1.1\r\nhost: 127.0.0.1\r\n${offer}content-length: ${text.length}\r\n\r\n${text}`,
    ),
    /^HTTP\/1\.1 202 /,
  );
});

Deno.test("an edge of the program that rejects ends the connection, and not the process", async () => {
  await using server = await serve({}, (edge) => ({
    ...edge,
    fetch: () => Promise.reject(new Error("no")),
    admit: () => Promise.reject(new Error("no")),
  }));
  assertEquals(await rawRequest(server.port, "GET /events HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"), "");
  const upgrade = "GET /events HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
  assertEquals(await rawRequest(server.port, upgrade), "");
});

Deno.test("a server of node:http refuses a body that is not complete in time", async () => {
  await using server = await serve({ bodyTimeoutMs: 100 });
  const text = "POST /publish HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 2\r\n\r\n[";
  assertMatch(await rawRequest(server.port, text), /^HTTP\/1\.1 408 /);
});
