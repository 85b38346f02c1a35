import { createPubSub, createWebSocketClientEventTarget, type PubSubEventTarget } from "@alkdev/pubsub";
import { assert, assertEquals, assertLess } from "@std/assert";
import { buildHubNpm } from "../../../scripts/build_hub_npm.ts";
import { buildNpm } from "../../../scripts/build_npm.ts";
import { lines } from "../../../scripts/lib/lines.ts";
import { NPM, NpmProject } from "../../../scripts/lib/npm_project.ts";
import { startRedis } from "../../../scripts/lib/redis_server.ts";
import { readEvents } from "../../support/event_streams.ts";
import { eventually } from "../../support/eventually.ts";
import { createTestKey } from "../../support/hub_program.ts";
import { BUN, NODE_20, NODE_24 } from "../../support/runtimes.ts";

const SPOKES = 300;

let built: NpmProject;

Deno.test.beforeAll(async () => {
  built = await NpmProject.create();
  await buildNpm(built.path("library"));
  await buildHubNpm(built.path("hub"), built.path("library"));
  await built.run(...NPM, "pack", "./library", "./hub");
});
Deno.test.afterAll(() => built[Symbol.asyncDispose]());

/** A process of the program, of which the first lines have been read. */
interface RunningHub extends AsyncDisposable {
  readonly url: string;
  kill(signal: Deno.Signal): void;
  readonly status: Promise<Deno.CommandStatus>;
}

async function startHub(
  project: NpmProject,
  runtime: readonly string[],
  ...args: string[]
): Promise<RunningHub> {
  const [command = "", ...before] = [...runtime, "node_modules/@alkdev/pubsub-hub/esm/main.js", ...args];
  const child = new Deno.Command(command, {
    args: before,
    cwd: project.folder,
    stdout: "piped",
    stderr: "piped",
  })
    .spawn();
  // Nobody reads its log: not what it prints later either.
  await child.stderr.cancel();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("Ctrl-C")) {
    const { value } = await reader.read();
    assert(value !== undefined, `the program has ended: ${text}`);
    text += value;
  }
  void reader.cancel();
  let hasEnded = false;
  void child.status.then(() => hasEnded = true);
  return {
    url: text.match(/at (http:\S+)/)?.[1] ?? "",
    kill: (signal) => child.kill(signal),
    status: child.status,
    async [Symbol.asyncDispose]() {
      if (!hasEnded) child.kill("SIGKILL");
      await child.status;
    },
  };
}

async function installed(): Promise<NpmProject> {
  const project = await NpmProject.create();
  const files = Array.from(Deno.readDirSync(built.folder), ({ name }) => name).filter((name) =>
    name.endsWith(".tgz")
  );
  await project.install(...files.map((name) => built.path(name)));
  return project;
}

for (const [name, runtime] of [["Node 20", NODE_20], ["Node 24", NODE_24], ["Bun", BUN]] as const) {
  Deno.test(`the packed program serves links, streams and requests on ${name}, and drains`, async () => {
    const begin = performance.now();
    await using project = await installed();
    await using hub = await startHub(project, await runtime.program(), "--port", "0", "--live", "0");
    await using stream = await readEvents(hub.url, ["news"]);
    const link = createWebSocketClientEventTarget(() =>
      new WebSocket(`${hub.url.replace("http", "ws")}/events`)
    );
    const pubsub = createPubSub<{ news: number }>({ eventTarget: link });
    const news = pubsub.subscribe("news");
    await news.ready;
    const body = JSON.stringify({ type: "news", id: "a", payload: 1 });
    const response = await fetch(`${hub.url}/publish`, { method: "POST", body });
    await response.body?.cancel();
    assertEquals(response.status, 202);
    assertEquals((await news.next()).value?.payload, 1);
    for (let i = 0; i < 5; i++) {
      // Each is reported.
      const refused = await fetch(`${hub.url}/events?topic=__reserved`);
      await refused.body?.cancel();
      assertEquals(refused.status, 403);
    }
    await eventually(() => assertEquals(stream.messages.length, 2));
    assertLess(performance.now() - begin, 60_000);
    await link.close();
    hub.kill("SIGTERM");
    assertEquals((await hub.status).code, 0);
    assert(await stream.ended);
    assertEquals(stream.messages.at(-1)?.data, { code: 1001, reason: "the hub is closed" });
  });
}

Deno.test("the packed program reads keys with the user of their URL, which fetch of Node refuses", async () => {
  await using project = await installed();
  const key = await createTestKey("ES256", project.folder);
  const set = `{"keys":[${await Deno.readTextFile(key.file)}]}`;
  let authorization: string | null = null;
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, ({ headers }) => {
    authorization = headers.get("authorization");
    return new Response(set);
  });
  const jwks = `http://me:hunter2@127.0.0.1:${server.addr.port}/jwks`;
  await using hub = await startHub(
    project,
    await NODE_20.program(),
    ...["--port", "0", "--live", "off", "--jwks", jwks],
  );
  const headers = { authorization: `Bearer ${await key.sign()}` };
  const response = await fetch(`${hub.url}/publish`, { method: "POST", body: "[]", headers });
  await response.body?.cancel();
  assertEquals([response.status, authorization], [202, `Basic ${btoa("me:hunter2")}`]);
});

Deno.test("from nothing, npx and the two commands of the screen bring the first event within a minute", async () => {
  const folder = await Deno.makeTempDir();
  // As on a machine that has Node alone, and on which npm has never fetched anything.
  const env = { PATH: "/usr/local/bin:/usr/bin:/bin", npm_config_cache: `${folder}/cache` };
  const home = `${folder}/empty`;
  await Deno.mkdir(home);
  const packages = Array.from(Deno.readDirSync(built.folder), ({ name }) => name)
    .filter((name) => name.endsWith(".tgz")).map((name) => `--package=${built.path(name)}`);
  const begin = performance.now();
  const npx = new Deno.Command("npx", {
    args: ["--yes", ...packages, "pubsub-hub", "--port", "0", "--live", "0"],
    cwd: home,
    env,
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const output = lines(npx.stdout);
  const screen: string[] = [];
  while (!screen.at(-1)?.startsWith("Ctrl-C")) {
    const { value } = await output.next();
    assert(value !== undefined, screen.join("\n"));
    screen.push(value);
  }
  const [listen = "", publish = ""] = screen.filter((line) => line.startsWith("  curl"));
  const listening = new Deno.Command("sh", { args: ["-c", listen], stdout: "piped", stderr: "null" }).spawn();
  const heard = lines(listening.stdout);
  const read = async (start: string): Promise<string> => {
    for (;;) {
      const { value } = await heard.next();
      assert(value !== undefined, "the stream has ended");
      if (value.startsWith(start)) return value;
    }
  };
  await read("event: subscribed");
  await new Deno.Command("sh", { args: ["-c", publish], stdout: "null", stderr: "null" }).output();
  assertEquals(await read('data: {"type'), 'data: {"type":"greeting","id":"world","payload":"hello"}');
  const seconds = (performance.now() - begin) / 1000;
  console.log(`The first event came after ${seconds.toFixed(1)} s`);
  assertLess(seconds, 60);
  // npx passes the signal on.
  npx.kill("SIGTERM");
  await Promise.all([npx.status, listening.status, output.return(), heard.return()]);
  await Deno.remove(folder, { recursive: true });
});

for (const where of ["memory", "Redis"] as const) {
  Deno.test(`after kill -9, ${SPOKES} spokes are back, with the history that ${where} promises`, {
    sanitizeOps: false,
    sanitizeResources: false,
  }, async () => {
    await using project = await installed();
    await using redis = await startRedis();
    const runtime = await NODE_20.program();
    const args = [
      "--live",
      "off",
      "--history",
      "news=1000",
      ...where === "Redis" ? ["--redis", redis.path] : [],
    ];
    const first = await startHub(project, runtime, "--port", "0", ...args);
    const { port } = new URL(first.url);
    const links: PubSubEventTarget[] = [];
    const gaps = new Set<number>();
    for (let i = 0; i < SPOKES; i++) {
      const link = createWebSocketClientEventTarget(() => new WebSocket(`ws://127.0.0.1:${port}/events`), {
        maxReconnectDelayMs: 1000,
        onError() {},
        onStatus: ({ gap }) => gap && gaps.add(i),
      });
      links.push(link);
      createPubSub({ eventTarget: link }).on("news", () => {});
    }
    await Promise.all(links.map((link) => link.flush()));
    const publish = async (payload: number) => {
      const body = JSON.stringify({ type: "news", id: "a", payload });
      await (await fetch(`http://127.0.0.1:${port}/publish`, { method: "POST", body })).body?.cancel();
    };
    await publish(1);
    first.kill("SIGKILL");
    await first.status;
    await using second = await startHub(project, runtime, "--port", port, ...args);
    await eventually(() => assertEquals(gaps.size, SPOKES), { timeoutMs: 20_000 });
    await publish(2);
    await using stream = await readEvents(second.url, ["news"], {}, "from=start");
    const expected = where === "Redis" ? [1, 2] : [2];
    await eventually(() =>
      assertEquals(
        stream.messages.flatMap(({ event, data }) => event === undefined ? [Object(data).payload] : []),
        expected,
      )
    );
    await Promise.all(links.map((link) => link.close()));
  });
}
