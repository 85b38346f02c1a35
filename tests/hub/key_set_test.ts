import { assertEquals, assertStringIncludes } from "@std/assert";
import { eventually } from "../support/eventually.ts";
import { createTestKey, serveHub } from "../support/hub_program.ts";
import { withFiles } from "../support/temp_files.ts";

Deno.test("a set of keys is read with the user of its URL, and no report has a secret of it", async () => {
  await withFiles({}, async (root) => {
    const key = await createTestKey("ES256", decodeURIComponent(root.pathname));
    const set = `{"keys":[${await Deno.readTextFile(key.file)}]}`;
    const seen: (string | null)[] = [];
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, ({ headers }) => {
      seen.push(headers.get("authorization"));
      return new Response(set);
    });
    const reports: string[] = [];
    const jwks = `http://me:hunter%C3%A9%3A@127.0.0.1:${server.addr.port}/jwks?secret=hunter`;
    const config = { jwks, hub: { onError: (error: Error) => reports.push(error.message) } };
    await using hub = await serveHub(config);
    await using other = await serveHub(config);
    const ask = async ({ url }: { readonly url: string }): Promise<number> => {
      const headers = { authorization: `Bearer ${await key.sign()}` };
      const response = await fetch(`${url}/publish`, { method: "POST", body: "[]", headers });
      await response.body?.cancel();
      return response.status;
    };
    assertEquals(await ask(hub), 202);
    assertEquals(seen.map((each) => atob(each?.slice("Basic ".length) ?? "")), ["me:hunter\u00c3\u00a9:"]);
    await server.shutdown();
    assertEquals(await ask(other), 503);
    await eventually(() => assertEquals(reports.length, 1));
    assertStringIncludes(String(reports), `/jwks: `);
    assertEquals(String(reports).match(/hunter|secret/), null);
  });
});
