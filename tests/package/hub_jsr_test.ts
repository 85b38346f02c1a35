import { assert, assertEquals, assertMatch } from "@std/assert";
import { fileURLToPath } from "node:url";
import library from "../../deno.json" with { type: "json" };
import config from "../../hub/deno.json" with { type: "json" };
import { VERSION } from "../../hub/version.ts";
import { buildLivePage } from "../../scripts/build_live_page.ts";
import { runProcess, startProcess } from "../../scripts/lib/process.ts";

/** A registry of JSR, as far as `deno publish` uses one. Nothing may be published to the real one. */
function serveRegistry(onPackage: (tarball: Uint8Array) => void) {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (request.method === "POST" && pathname.includes("/versions/")) {
      onPackage(new Uint8Array(await request.arrayBuffer()));
      return Response.json({ id: "1", status: "success", error: null });
    }
    if (pathname.includes("/versions/")) {
      return Response.json({ code: "packageVersionNotFound", message: "not found" }, { status: 404 });
    }
    return Response.json({ latestVersion: "0.0.1", githubRepository: null });
  });
}

Deno.test("the version of the library is that of the hub program, which imports it", () => {
  assertEquals([config.version, VERSION], [library.version, library.version]);
  assertEquals(config.imports["@alkdev/pubsub"], `jsr:@alkdev/pubsub@^${library.version}`);
});

Deno.test("JSR gets the hub program with its page, and with imports that it can resolve", async () => {
  await buildLivePage();
  const folder = await Deno.makeTempDir();
  try {
    let tarball: Uint8Array | undefined;
    await using server = serveRegistry((published) => tarball = published);
    const { code, stderr } = await startProcess(
      [Deno.execPath(), "publish", "--allow-dirty", "--no-check", "--token", "none"],
      {
        cwd: fileURLToPath(new URL("../../hub", import.meta.url)),
        env: { JSR_URL: `http://127.0.0.1:${server.addr.port}/` },
      },
    ).ended;
    assertEquals(code, 0, stderr);
    assert(tarball !== undefined);
    await Deno.writeFile(`${folder}/package.tgz`, tarball);
    const files = (await runProcess(["tar", "-xzvf", "package.tgz"], { cwd: folder })).trim().split("\n");
    assert(files.some((file) => file.endsWith("live/assets.gen.js")));
    let imports = 0;
    for (const file of files.filter((file) => file.endsWith(".ts"))) {
      const text = await Deno.readTextFile(`${folder}/${file}`);
      for (const [, specifier = ""] of text.matchAll(/^(?:import|export)\b[^"]*? from "([^"]+)";$/gm)) {
        imports++;
        assertMatch(specifier, /^(jsr:@alkdev\/pubsub@|npm:|node:|\.{1,2}\/)/, file);
        if (!specifier.startsWith(".")) continue;
        const path = new URL(specifier, `file:///package/${file}`).pathname.replace("/package/", "");
        assert(
          files.some((each) => each.replace("./", "") === path.replace("./", "")),
          `${file}: ${specifier}`,
        );
      }
    }
    assert(imports > 40);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
