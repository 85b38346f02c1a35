import { createWebSocketServerEventTarget } from "@alkdev/pubsub";
import { createHttpEdge, type HttpEdgeOptions } from "@alkdev/pubsub/http";
import { assertEquals, assertThrows } from "@std/assert";

/** The status for a page of an origin that publishes to a host. */
async function statusFor(options: HttpEdgeOptions, host: string, origin?: string): Promise<number> {
  await using hub = createWebSocketServerEventTarget();
  const headers = { host, ...(origin !== undefined && { origin }) };
  const request = new Request(`http://${host}/publish`, { method: "POST", body: "[]", headers });
  return (await createHttpEdge(hub, options).fetch(request)).status;
}

const OWN: HttpEdgeOptions = {};
const NAMED: HttpEdgeOptions = { origins: ["https://app.example"] };

for (
  const [what, options, host, origin, status] of [
    ["no page", OWN, "127.0.0.1:8787", undefined, 202],
    ["its own page", OWN, "127.0.0.1:8787", "http://127.0.0.1:8787", 202],
    ["its own page behind TLS", OWN, "localhost", "https://localhost", 202],
    ["its own page over IPv6", OWN, "[::1]:8787", "http://[::1]:8787", 202],
    ["a page of another site", OWN, "127.0.0.1:8787", "http://evil.example", 403],
    ["a page of another port", OWN, "127.0.0.1:8787", "http://127.0.0.1:8000", 403],
    ["a page without a site", OWN, "127.0.0.1:8787", "null", 403],
    ["a page whose name leads here", OWN, "evil.example:8787", "http://evil.example:8787", 403],
    ["the same without an origin", OWN, "evil.example:8787", undefined, 403],
    ["a name that only begins like an address", OWN, "127.0.0.1.evil.example", undefined, 403],
    ["a name that ends in localhost", OWN, "evil.localhost", undefined, 403],
    ["a named site", NAMED, "app.example", "https://app.example", 202],
    ["a named site behind a proxy that names its port", NAMED, "app.example:443", "https://app.example", 202],
    ["a named site on another port", NAMED, "app.example:8443", "https://app.example", 403],
    ["a named site to an address", NAMED, "127.0.0.1:8787", "https://app.example", 202],
    ["the site over a plain connection", NAMED, "127.0.0.1:8787", "http://app.example", 403],
    ["another site beside a named one", NAMED, "app.example", "https://evil.example", 403],
    ["a page whose name leads to a hub with a named site", NAMED, "evil.example", undefined, 403],
    ["every site", { origins: "*" as const }, "evil.example", "https://other.example", 202],
  ] as const
) {
  Deno.test(`the rules for sites answer ${status} to ${what}`, async () => {
    assertEquals(await statusFor(options, host, origin), status);
  });
}

Deno.test("what a page of another origin embeds is refused, and a link from there is not", async () => {
  await using hub = createWebSocketServerEventTarget();
  const { fetch } = createHttpEdge(hub, { metrics: () => "" });
  const statuses = await Promise.all(
    [["cross-site", "image"], ["same-site", "empty"], ["cross-site", "iframe"], ["cross-site", "document"], [
      "same-origin",
      "empty",
    ], ["none", "document"]].map(async ([site = "", dest = ""]) => {
      const headers = { host: "127.0.0.1", "sec-fetch-site": site, "sec-fetch-dest": dest };
      const response = await fetch(new Request("http://127.0.0.1/metrics", { headers }));
      await response.body?.cancel();
      return response.status;
    }),
  );
  assertEquals(statuses, [403, 403, 403, 200, 200, 200]);
});

Deno.test("a page of a named site can read the answer, and asks first", async () => {
  await using hub = createWebSocketServerEventTarget();
  const { fetch } = createHttpEdge(hub, NAMED);
  const headers = { host: "app.example", origin: "https://app.example" };
  const asked = await fetch(new Request("http://app.example/publish", { method: "OPTIONS", headers }));
  const answer = await fetch(
    new Request("http://app.example/publish", { method: "POST", body: "[]", headers }),
  );
  assertEquals([asked.status, answer.status], [204, 202]);
  for (const response of [asked, answer]) {
    assertEquals(response.headers.get("access-control-allow-origin"), "https://app.example");
    assertEquals(response.headers.get("access-control-allow-credentials"), "true");
    assertEquals(response.headers.get("vary"), "origin");
  }
});

Deno.test("a value that is not an origin throws", () => {
  const hub = createWebSocketServerEventTarget();
  for (const origin of ["app.example", "https://app.example/", "*"]) {
    assertThrows(() => createHttpEdge(hub, { origins: [origin] }), TypeError, "as an origin");
  }
});

Deno.test("a bound that is out of range throws", () => {
  const hub = createWebSocketServerEventTarget();
  for (
    const options of [{ heartbeatMs: 0 }, { heartbeatMs: NaN }, { heartbeatMs: 2 ** 31 }, {
      maxBodyBytes: -1,
    }, { bodyTimeoutMs: 0 }]
  ) {
    assertThrows(() => createHttpEdge(hub, options), RangeError, "it must be at least 1");
  }
});

Deno.test("a path that no request can have throws", () => {
  const hub = createWebSocketServerEventTarget();
  for (const eventsPath of ["events", "", "/a b", "/../events", "/events?x", ":8080/x"]) {
    assertThrows(() => createHttpEdge(hub, { eventsPath }), TypeError, "as a path");
  }
  createHttpEdge(hub, { eventsPath: "/a%20b/", publishPath: "/", metricsPath: "unused" });
});
