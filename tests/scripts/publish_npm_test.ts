import { assertEquals, assertMatch } from "@std/assert";
import { fileURLToPath } from "node:url";
import { NpmProject } from "../../scripts/lib/npm_project.ts";
import { startProcess } from "../../scripts/lib/process.ts";

const SCRIPT = fileURLToPath(new URL("../../scripts/publish_npm.sh", import.meta.url));

/** A registry of npm, as far as `npm view` and `npm publish` use one. Nothing may be published to a real one. */
function serveRegistry(): { readonly url: string; readonly published: string[] } & AsyncDisposable {
  const packages = new Map<string, string>();
  const published: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const name = decodeURIComponent(new URL(request.url).pathname.slice(1));
    if (request.method === "PUT") {
      const text = await request.text();
      packages.set(name, text);
      published.push(...Object.keys(JSON.parse(text).versions));
      return Response.json({ ok: true }, { status: 201 });
    }
    const known = packages.get(name);
    return known === undefined ? Response.json({ error: "not found" }, { status: 404 }) : new Response(known);
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    published,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test("the npm package is published from its tarball, and a second run does nothing", async () => {
  await using registry = serveRegistry();
  await using project = await NpmProject.create();
  await project.write({ "package.json": '{ "name": "@scope/name", "version": "1.2.3" }' });
  await project.run("npm", "pack");
  const env = {
    npm_config_registry: registry.url,
    npm_config_fetch_retries: "0",
    [`npm_config_//${registry.url.replace("http://", "")}/:_authToken`]: "token",
  };
  const publish = () =>
    startProcess(["bash", SCRIPT, "./scope-name-1.2.3.tgz"], { cwd: project.folder, env }).ended;

  const first = await publish();
  assertEquals([first.code, registry.published], [0, ["1.2.3"]], first.stderr);
  const second = await publish();
  assertEquals([second.code, second.stdout, registry.published], [
    0,
    "@scope/name@1.2.3 is published already\n",
    ["1.2.3"],
  ], second.stderr);
});

Deno.test("nothing is published unless there is exactly one tarball, named by a path with a slash", async () => {
  await using project = await NpmProject.create();
  await project.write({ "a.tgz": "", "b.tgz": "" });
  for (const tarballs of [["a.tgz"], ["./a.tgz", "./b.tgz"], ["./*.tgz"], []]) {
    const { code, stderr } = await startProcess(["bash", SCRIPT, ...tarballs], { cwd: project.folder }).ended;
    assertEquals(code, 2);
    assertMatch(stderr, /needs the path of one tarball/);
  }
});
