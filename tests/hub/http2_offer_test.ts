import { assertEquals, assertMatch } from "@std/assert";
import { serveHub } from "../support/hub_program.ts";
import { rawRequest } from "../support/raw_request.ts";

/** The headers of a client that prefers HTTP/2, such as Java's by default. A server without HTTP/2 ignores them. */
const OFFER =
  "host: 127.0.0.1\r\nconnection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n";

Deno.test("a request that offers HTTP/2 is answered over HTTP/1.1", async () => {
  await using hub = await serveHub();
  const port = Number(new URL(hub.url).port);
  assertMatch(await rawRequest(port, `GET /healthz HTTP/1.1\r\n${OFFER}\r\n`, 300), /^HTTP\/1\.1 200 [^]*ok/);
  const body = JSON.stringify({ type: "greeting", id: "1", payload: "hello" });
  const publish = `POST /publish HTTP/1.1\r\n${OFFER}content-length: ${body.length}\r\n\r\n${body}`;
  assertMatch(await rawRequest(port, publish, 300), /^HTTP\/1\.1 202 /);
  assertEquals(Object.keys(hub.hub.stats().types ?? {}), ["greeting"]);
});
