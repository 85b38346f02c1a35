import { assertEquals } from "@std/assert";
import { serveHub } from "../support/hub_program.ts";

Deno.test("the bound of connections that a file sets as an option of the hub holds", async () => {
  await using hub = await serveHub({ hub: { maxConnections: 1 } });
  await using first = await openStream(hub.url);
  await using second = await openStream(hub.url);
  assertEquals([first.status, second.status], [200, 503]);
});

Deno.test("a setting of the program has precedence over an option of the hub", async () => {
  await using hub = await serveHub({ maxConnections: 1, hub: { maxConnections: 2 } });
  await using first = await openStream(hub.url);
  await using second = await openStream(hub.url);
  assertEquals([first.status, second.status], [200, 503]);
});

Deno.test("a body can be as large as a frame of the hub", async () => {
  const event = JSON.stringify({ type: "a", id: "1", payload: "x".repeat(1_200_000) });
  const statuses = await Promise.all([1, 2].map(async (mebibytes) => {
    await using hub = await serveHub({ hub: { maxFrameBytes: mebibytes * 1024 * 1024 } });
    const response = await fetch(`${hub.url}/publish`, { method: "POST", body: event });
    await response.body?.cancel();
    return response.status;
  }));
  assertEquals(statuses, [413, 202]);
});

async function openStream(url: string): Promise<AsyncDisposable & { readonly status: number }> {
  const { status, body } = await fetch(`${url}/events?topic=a`);
  return { status, [Symbol.asyncDispose]: async () => await body?.cancel() };
}
