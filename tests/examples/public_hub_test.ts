import { assert, assertEquals } from "@std/assert";
import { createPubSub, createWebSocketClientEventTarget } from "@alkdev/pubsub";
// @ts-types="../support/ws.d.ts"
import { WebSocket } from "ws";
import { eventually } from "../support/eventually.ts";
import { type RunningProgram, startProgram } from "../support/program.ts";
import { HOSTILE_REQUESTS, rawRequest } from "../support/raw_request.ts";
import { connectRaw } from "../support/raw_websocket.ts";

const FOLDER = "examples/public_hub";
const ORIGIN = "https://app.example.com";

type Events = { news: string; room: string; inbox: string };

/** Waits for the port of a server. */
async function portOf({ out, err }: RunningProgram): Promise<number> {
  const port = await eventually(
    () => [...out, ...err].join("\n").match(/(?:port: |127\.0\.0\.1:)(\d+)/)?.[1] ?? false,
    {
      timeoutMs: 20_000,
    },
  );
  return Number(port);
}

/** The status that a request to upgrade gets. */
async function statusOf(port: number, path: string, origin: string | undefined): Promise<number> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const head = [
    `GET ${path} HTTP/1.1`,
    "Host: hub",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${btoa("sixteen bytes !!")}`,
    ...origin === undefined ? [] : [`Origin: ${origin}`],
  ];
  await connection.write(new TextEncoder().encode(`${head.join("\r\n")}\r\n\r\n`));
  const bytes = new Uint8Array(100);
  await connection.read(bytes);
  connection.close();
  return Number(new TextDecoder().decode(bytes).split(" ")[1]);
}

/** A socket as a browser of the program's own page opens it. */
function socketOf(port: number, name: string): WebSocket {
  return new WebSocket(`ws://127.0.0.1:${port}/?token=demo-${name}`, { origin: ORIGIN });
}

for (const server of ["serve_ws.mjs", "serve_deno.ts"]) {
  Deno.test(`the public hub of the page lets users in, and gives them their rights alone: ${server}`, async () => {
    await using hub = startProgram(`${FOLDER}/${server}`, "0");
    const port = await portOf(hub);
    assertEquals(await statusOf(port, "/?token=demo-ada", undefined), 403);
    assertEquals(await statusOf(port, "/?token=demo-ada", "https://evil.example.com"), 403);
    assertEquals(await statusOf(port, "/?token=nobody", ORIGIN), 401);
    await Promise.all(Object.values(HOSTILE_REQUESTS).map((text) => rawRequest(port, text, 300)));

    await using ada = createWebSocketClientEventTarget(socketOf(port, "ada"));
    await using eve = createWebSocketClientEventTarget(socketOf(port, "eve"), { onError() {} });
    const [ofAda, ofEve] = [
      createPubSub<Events>({ eventTarget: ada }),
      createPubSub<Events>({ eventTarget: eve }),
    ];
    const heard: string[] = [];
    ofAda.on("inbox", "ada", ({ payload }) => void heard.push(payload));
    ofAda.on("news", ({ payload }) => void heard.push(payload));
    ofAda.on("room", "1", ({ payload }) => void heard.push(payload));
    const room = ofAda.subscribe("room", "1");
    const inbox = ofAda.subscribe("inbox", "ada");
    const news = ofAda.subscribe("news");
    await Promise.all([room.ready, inbox.ready, news.ready]);
    for (const spied of [ofEve.subscribe("inbox", "ada"), ofEve.subscribe("inbox"), ofEve.subscribeAll()]) {
      assert(await spied.ready.then(() => false, () => true));
    }
    ofEve.publish("news", "1", "forged");
    ofEve.publish("inbox", "ada", "forged");
    ofEve.publish("room", "1", "hello");
    assertEquals((await room.next()).value?.payload, "hello");
    await ada.flush();
    assertEquals(heard, ["hello"]);
  });

  Deno.test(`the public hub of the page ends who sends too much, and nobody else: ${server}`, async () => {
    await using hub = startProgram(`${FOLDER}/${server}`, "0");
    const port = await portOf(hub);
    await using good = createWebSocketClientEventTarget(socketOf(port, "good"));
    await good.flush();
    const codes: number[] = [];
    for (const texts of [["x".repeat(70_000)], Array<string>(1000).fill("[]")]) {
      const socket = socketOf(port, "bad");
      let code = 0;
      socket.addEventListener("close", (event) => code = event.code ?? 0);
      socket.addEventListener("error", () => {});
      await eventually(() => socket.readyState === 1);
      for (const text of texts) socket.send(text);
      await eventually(() => code > 0);
      codes.push(code);
    }
    assertEquals(codes[0], 1009);
    // Deno can cut the connection while it still sends.
    assert(codes[1] === 4429 || (server === "serve_deno.ts" && codes[1] === 1006), String(codes));
    await good.flush();
  });
}

for (const server of ["serve_ws.mjs", "serve_deno.ts"]) {
  Deno.test(`the public hub of the page has twenty connections for an address, however many ask at once: ${server}`, async () => {
    await using hub = startProgram(`${FOLDER}/${server}`, "0");
    const port = await portOf(hub);
    const headers = [`Origin: ${ORIGIN}`];
    const opened = await Promise.allSettled(
      Array.from({ length: 60 }, () => connectRaw(port, "/?token=demo-ada", headers)),
    );
    for (const each of opened) if (each.status === "fulfilled") each.value[Symbol.dispose]();
    assertEquals(opened.filter(({ status }) => status === "fulfilled").length, 20);
  });
}

Deno.test("the page about a public hub shows the files that the tests run", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/public_hub.md", import.meta.url));
  for (const file of ["hub.ts", "serve_ws.mjs", "serve_deno.ts"]) {
    const source = await Deno.readTextFile(new URL(`../../${FOLDER}/${file}`, import.meta.url));
    assert(page.includes(source), file);
  }
});
