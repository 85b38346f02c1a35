import { assertEquals, assertThrows } from "@std/assert";
import { createPubSub, type PubSubEventTarget, type SpokeEventTarget } from "@alkdev/pubsub";
import { serveHub, serveNodeHub } from "../../support/hubs.ts";
import { openReconnectingLink } from "../../support/links.ts";
import { eventually } from "../../support/eventually.ts";

/** The payloads that a link hears of a topic, and an end that came before all of them. */
async function heard(link: PubSubEventTarget): Promise<{ readonly payloads: unknown[] }> {
  const payloads: unknown[] = [];
  const bye = createPubSub({ eventTarget: link }).subscribe("bye");
  await bye.ready;
  void (async () => {
    for await (const { payload } of bye) payloads.push(payload);
  })().catch((error: Error) => payloads.push(error.name));
  return { payloads };
}

for (const [server, serve] of Object.entries({ Deno: serveHub, "npm:ws": serveNodeHub })) {
  Deno.test(`${server}: a spoke closes with a code and a reason after what was published in the same turn, and its link ends`, async () => {
    await using served = await serve();
    await using open = openReconnectingLink(served.url);
    const { payloads } = await heard(open.link);
    const [spoke] = served.hub.spokes;
    for (let number = 0; number < 100; number++) {
      spoke?.publish({ type: "bye", id: "1", payload: number });
    }
    await spoke?.close({ code: 4401, reason: "logged out" });
    const error = await open.link.closed;
    await eventually(() => payloads.length === 101);
    assertEquals(payloads, [...Array(100).keys(), "ConnectionLostError"]);
    assertEquals(error?.message, "The connection ended with the code 4401: logged out");
    assertEquals([spoke?.status.state, served.hub.connectionCount, served.faults], ["closed", 0, []]);
  });

  Deno.test(`${server}: a link comes back after a spoke was closed without a code`, async () => {
    await using served = await serve();
    await using open = openReconnectingLink(served.url);
    await open.link.flush();
    await served.hub.spokes[0]?.close();
    await eventually(() => open.link.status.gap === true);
    assertEquals(open.statuses.find(({ state }) => state === "reconnecting")?.code, 1000);
    assertEquals(served.hub.connectionCount, 1);
  });
}

Deno.test("a spoke refuses a code or a reason that cannot be sent, and stays; only its first close counts", async () => {
  await using served = serveHub();
  await using open = openReconnectingLink(served.url);
  await open.link.flush();
  const [spoke] = served.hub.spokes as [SpokeEventTarget];
  for (const code of [0, 1005, 1006, 1015, 2999, 5000, NaN]) {
    assertThrows(() => void spoke.close({ code }), RangeError, `Cannot close with the code ${code}`);
  }
  assertThrows(() => void spoke.close({ reason: "é".repeat(62) }), RangeError, "123 bytes");
  assertEquals(spoke.status.state, "open");
  const closed = spoke.close({ code: 4403, reason: "first" });
  assertEquals(spoke.close({ code: 4401, reason: "second" }) === closed, true);
  await closed;
  await open.link.closed;
  assertEquals([open.link.status.code, open.link.status.reason], [4403, "first"]);
});
