import { dirname } from "node:path";
import { assert, assertEquals, assertLess, assertMatch, assertStringIncludes } from "@std/assert";
import { startProcess } from "../../scripts/lib/process.ts";
import { readEvents } from "../support/event_streams.ts";
import { eventually } from "../support/eventually.ts";
import { type RunningProgram, startProgram } from "../support/program.ts";
import { withFiles } from "../support/temp_files.ts";

const MAIN = "hub/main.ts";

/** The URL of a program, once its screen is complete. */
async function urlOf(program: RunningProgram): Promise<string> {
  await eventually(() => program.out.some((line) => line.startsWith("Ctrl-C")), { timeoutMs: 20_000 });
  return program.out[0]?.match(/at (http:\S+)$/)?.[1] ?? "";
}

/** The lines of the screen that begin like a command, without their indentation. */
function pasted(program: RunningProgram, command: RegExp): string {
  return program.out.find((line) => command.test(line))?.trim() ?? "";
}

function sh(script: string, env: Record<string, string> = {}): ReturnType<typeof startProcess> {
  return startProcess(["sh", "-c", script], { env });
}

Deno.test("the commands on the screen listen and publish as they are, and SIGTERM drains", async () => {
  await using program = startProgram(MAIN, "--live", "0", "--port", "0");
  const url = await urlOf(program);
  await using stream = await readEvents(url, ["greeting"]);
  const listening = sh(`timeout 20 ${pasted(program, /^ +curl -N/)}`);
  await eventually(async () => (await (await fetch(`${url}/readyz`)).text()) === "ok\n");
  assertEquals(await listening.firstLine, "event: subscribed");
  const { stdout } = await sh(pasted(program, /^ +curl -i/)).ended;
  assertMatch(stdout, /^HTTP\/1\.1 202 /);
  await eventually(() => assertEquals(stream.messages.length, 2));
  program.kill("SIGTERM");
  assert(await stream.ended);
  assertEquals(stream.messages.slice(1).map(({ data }) => data), [
    { type: "greeting", id: "world", payload: "hello" },
    { code: 1001, reason: "the hub is closed" },
  ]);
  assertEquals(await program.ended, 0);
  assertEquals(program.err, []);
  assertStringIncludes((await listening.ended).stdout, '"payload":"hello"');
});

Deno.test("with a key, the screen says how to make a token, and the commands work with it", async () => {
  await withFiles({}, async (root) => {
    const file = decodeURIComponent(new URL("my key.json", root).pathname);
    const run = `${Deno.execPath()} run -A ${MAIN}`;
    assertEquals((await sh(`${run} key > '${file}'`).ended).code, 0);
    await using program = startProgram(MAIN, "--live", "0", "--port", "0", "--key", file);
    const url = await urlOf(program);
    assertEquals(
      (await (await fetch(`${url}/publish`, { method: "POST", body: "[]" })).json()).error,
      "not authenticated",
    );
    const token = pasted(program, /^ +TOKEN=/);
    const env = { PATH: `${dirname(Deno.execPath())}:${Deno.env.get("PATH")}` };
    const { stdout } = await sh(`${token}; ${pasted(program, /^ +curl -i/)}`, env).ended;
    assertMatch(stdout, /^HTTP\/1\.1 202 /);
  });
});

Deno.test("with a public key alone, the screen says that tokens come from elsewhere", async () => {
  const { publicKey } = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]) as CryptoKeyPair;
  const jwk = JSON.stringify(await crypto.subtle.exportKey("jwk", publicKey));
  await withFiles({ "public.json": jwk }, async (root) => {
    const file = decodeURIComponent(new URL("public.json", root).pathname);
    await using program = startProgram(MAIN, "--live", "off", "--port", "0", "--key", file);
    await urlOf(program);
    assertMatch(pasted(program, /^ +TOKEN=/), /^TOKEN=\.\.\. +# from your issuer/);
    assertMatch(pasted(program, /^In a program/), /new WebSocket\(`ws:.*\/events\?token=\$\{token\}`\)/);
  });
});

Deno.test("a flag, an environment variable and a file say the same things, in this order", async () => {
  const files = {
    "settings.ts": `export default { port: 1, origin: ["https://file.example"], hub: { maxConnections: 2 },
      history: { news: { perId: 1 } } };`,
    "wrong.ts": "export default { prot: 1 };",
    "empty.ts": "",
    "broken.ts": "export default { port: 0 live: 0 };",
    "null.json": "null",
  };
  await withFiles(files, async (root) => {
    const path = (name: string) => decodeURIComponent(new URL(name, root).pathname);
    const env = {
      PUBSUB_PORT: "2",
      PUBSUB_HISTORY: " news=1 ",
      PUBSUB_ORIGIN: "https://a.example https://b.example",
    };
    const command = `exec ${Deno.execPath()} run -A ${MAIN}`;
    const program = sh(
      `timeout -s TERM 3 ${command.slice("exec ".length)} --port 0 --live off --config ${
        path("settings.ts")
      }`,
      env,
    );
    const url = (await program.firstLine).match(/at (http:\S+)$/)?.[1];
    const statuses = await Promise.all(["file", "a", "b"].map(async (name) => {
      const headers = { origin: `https://${name}.example` };
      const response = await fetch(`${url}/publish`, { method: "POST", body: "[]", headers });
      await response.body?.cancel();
      return response.status;
    }));
    assertEquals(statuses, [403, 202, 202]);
    const { stdout, stderr } = await program.ended;
    assertMatch(stdout, /history: news$/m);
    assertEquals(stderr, "");

    const mistakes = [
      ["--prot 1", /unknown option '--prot'\n\(Did you mean --port\?\)/, {}],
      ["--port 65536", /whole number from 0 to 65535/, {}],
      ["", /value 'x' from env 'PUBSUB_PORT' is invalid/, { PUBSUB_PORT: "x" }],
      ["", /PUBSUB_OPEN must be true or false/, { PUBSUB_OPEN: "yes" }],
      ["--hostname 0.0.0.0", /other machines reach 0\.0\.0\.0: ask for tokens/, {}],
      ["--hostname 0.0.0.0", /other machines reach 0\.0\.0\.0: ask for tokens/, { PUBSUB_OPEN: "false" }],
      [`--config ${path("wrong.ts")}`, /unknown setting 'prot'/, {}],
      [`--config ${path("empty.ts")}`, /must export its settings as the default/, {}],
      [`--config ${path("missing.ts")}`, /missing\.ts/, {}],
      [`--key ${path("missing")}`, /Cannot read the key file .*missing/, {}],
      [`--key ${path(".")}`, /Cannot read the key file /, {}],
      [`--key ${path("null.json")}`, /Cannot use the key file .*: keys of the kind unknown/, {}],
      ["--issuer https://a.example", /give --key or --jwks as well/, {}],
      ["", /give --key or --jwks as well/, { PUBSUB_AUDIENCE: "hub" }],
      ["--hostname '[::]'", /other machines reach ::: ask for tokens/, {}],
      [`--config ${path("broken.ts")}`, /Cannot load .*broken\.ts: /, {}],
      ["--jwks foo:bar", /a URL that starts with https/, {}],
      ["--history news", /a type and a number, such as news=100/, {}],
      ["--history news=1=2", /a type and a number, such as news=100/, {}],
      ["", /'redis' is empty/, { PUBSUB_REDIS: "" }],
      ["", /'config' is empty/, { PUBSUB_CONFIG: "" }],
      ["--redis 'x y'", /Cannot use the Redis at the given address: /, {}],
      ["", /'key' is empty/, { PUBSUB_KEY: "" }],
      [`token --sub a --key ${path("broken.ts")}`, /Cannot sign with .*a secret or a private key/, {}],
      [`token --sub a --expires soon --key ${path("broken.ts")}`, /"soon" as --expires/, {}],
      ["serve", /too many arguments|unknown command/, {}],
    ] as const;
    await Promise.all(mistakes.map(async ([args, message, more]) => {
      const { code, stdout, stderr } = await sh(`${command} ${args}`, more).ended;
      assertMatch(stderr, message);
      assertEquals([code, stdout], [1, ""], stderr);
    }));
  });
});

/** Connects to a hub, and never answers its close. */
async function connectDeaf(url: string): Promise<{ readClose(): Promise<unknown> } & Disposable> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(url).port) });
  const headers =
    "host: 127.0.0.1\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n";
  const request = `GET /events HTTP/1.1\r\n${headers}sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`;
  await connection.write(new TextEncoder().encode(request));
  const buffer = new Uint8Array(4096);
  await connection.read(buffer);
  return { readClose: () => connection.read(buffer), [Symbol.dispose]: () => connection.close() };
}

Deno.test("an address is one of this machine in each of its forms", async () => {
  for (const [hostname, shown] of [["[::1]", "[::1]"], ["LocalHost", "LocalHost"]] as const) {
    await using program = startProgram(MAIN, "--live", "off", "--port", "0", "--hostname", hostname);
    const url = await urlOf(program);
    assertStringIncludes(url, `http://${shown}:`);
    assertEquals(await (await fetch(`${url}/healthz`)).text(), "ok\n");
  }
});

Deno.test("a peer that does not answer holds the end of the program up for two seconds at most", async () => {
  await using program = startProgram(MAIN, "--live", "off", "--port", "0");
  using peer = await connectDeaf(await urlOf(program));
  const begin = performance.now();
  program.kill("SIGTERM");
  await peer.readClose();
  assertEquals(await program.ended, 0);
  assertLess(performance.now() - begin, 4000);
});

Deno.test("a second signal ends the program at once, also one of another kind", async () => {
  await using program = startProgram(MAIN, "--live", "off", "--port", "0");
  using peer = await connectDeaf(await urlOf(program));
  program.kill("SIGTERM");
  await peer.readClose();
  program.kill("SIGINT");
  assertEquals(await program.ended, 130);
});

Deno.test("a port that is taken ends the program with the reason", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using program = startProgram(MAIN, "--live", "off", "--port", String(taken.addr.port));
  assertEquals(await program.ended, 1);
  assertMatch(program.err.join("\n"), /^error: .*(in use|EADDRINUSE)/);
});

Deno.test("the page, the examples and --help name the same flags and variables", async () => {
  const read = (path: string) => Deno.readTextFile(new URL(`../../${path}`, import.meta.url));
  const { stdout } = await sh(`${Deno.execPath()} run -A ${MAIN} --help`).ended;
  const page = await read("docs/hub.md");
  const rows = Array.from(
    page.matchAll(/^\| `(--[\w-]+)` +\| `(PUBSUB_\w+)/gm),
    ([, flag, variable]) => [flag, variable],
  );
  const help = stdout.replaceAll(/\s+/g, " ");
  const flags = Array.from(
    help.matchAll(/ (--[\w-]+)(?: <[^>]+>)? (?:(?! --[\w-]+ <).)*?\(env: (PUBSUB_\w+)/g),
    ([, flag, variable]) => [flag, variable],
  );
  assertEquals(rows.toSorted(), flags.toSorted());
  const known = new Set(rows.map(([, variable]) => variable));
  for (const path of ["examples/deploy/Containerfile", "examples/deploy/pubsub-hub.service"]) {
    for (const [variable] of (await read(path)).matchAll(/PUBSUB_\w+/g)) {
      assert(known.has(variable), `${path}: ${variable}`);
    }
  }
});
