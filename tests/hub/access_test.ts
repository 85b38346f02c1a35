import { createPubSub, createWebSocketClientEventTarget } from "@alkdev/pubsub";
import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { SignJWT } from "jose";
import { createVerify } from "../../hub/keys.ts";
import { readEvents } from "../support/event_streams.ts";
import { eventually } from "../support/eventually.ts";
import { createTestKey, serveHub, type TestKey } from "../support/hub_program.ts";

const ALGORITHMS = ["HS256", "ES256", "EdDSA"] as const;

const folder = await Deno.makeTempDir();
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));
const keys = await Promise.all(ALGORITHMS.map((algorithm) => createTestKey(algorithm, folder)));

/** The status of a request to publish, and of one for a stream, with a token. */
async function statuses(url: string, token: string | undefined): Promise<number[]> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const body = JSON.stringify({ type: "news", id: "a" });
  const requests = [
    fetch(`${url}/publish`, { method: "POST", body, headers }),
    fetch(`${url}/events?topic=news`, { headers }),
    fetch(`${url}/events?topic=news${token === undefined ? "" : `&token=${encodeURIComponent(token)}`}`),
  ];
  return await Promise.all(requests.map(async (request) => {
    const { status, body } = await request;
    await body?.cancel();
    return status;
  }));
}

/** Whether a WebSocket opens. */
async function webSocketEnd(url: string, token: string): Promise<"open" | "refused"> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/events?token=${encodeURIComponent(token)}`);
  let end: "open" | "refused" = "refused";
  socket.onopen = () => {
    end = "open";
    socket.close();
  };
  await new Promise((resolve) => socket.onclose = resolve);
  return end;
}

function part(value: unknown): string {
  return btoa(JSON.stringify(value)).replaceAll("=", "").replaceAll("+", "-").replaceAll("/", "_");
}

function keyOf(algorithm: string): TestKey {
  const key = keys.find((key) => key.algorithm === algorithm);
  assert(key !== undefined);
  return key;
}

Deno.test("a token of each kind of key opens streams, sockets and requests", async () => {
  await using hub = await serveHub({ key: keys.map(({ file }) => file) });
  for (const key of keys) {
    const token = await key.sign();
    assertEquals([await statuses(hub.url, token), await webSocketEnd(hub.url, token)], [
      [202, 200, 200],
      "open",
    ]);
  }
});

Deno.test("a key of Ed25519 signs under both names of its algorithm", async () => {
  const key = keyOf("EdDSA");
  const file = `${folder}/ed25519.json`;
  await Deno.writeTextFile(
    file,
    JSON.stringify({ ...JSON.parse(await Deno.readTextFile(key.file)), alg: "Ed25519" }),
  );
  for (const path of [key.file, file]) {
    await using hub = await serveHub({ key: [path] });
    for (const alg of ["EdDSA", "Ed25519"]) {
      assertEquals(await statuses(hub.url, await key.sign({}, { alg })), [202, 200, 200]);
    }
  }
});

Deno.test("no token that is wrong, expired, foreign or forged opens anything", async () => {
  await using hub = await serveHub({
    key: keys.map(({ file }) => file),
    issuer: "us",
    audience: "hub",
  });
  const good = { iss: "us", aud: "hub" };
  const now = Math.floor(Date.now() / 1000);
  const [hmac, ec, ed] = ALGORITHMS.map(keyOf);
  assert(hmac && ec && ed);
  const foreign = await createTestKey("ES256", folder);
  const foreignSecret = await createTestKey("HS256", folder);
  const valid = await ec.sign(good);
  assertEquals(await statuses(hub.url, valid), [202, 200, 200]);
  const [header = "", payload = "", signature = ""] = valid.split(".");
  const claims = part({ sub: "ada", exp: now + 60, ...good, pubsub: { subscribe: ["*"], publish: ["*"] } });
  const publicAsSecret = async (text: string) =>
    await new SignJWT({ sub: "ada", exp: now + 60, ...good, pubsub: { subscribe: ["*"], publish: ["*"] } })
      .setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(text));
  const tokens: Record<string, string | undefined> = {
    none: undefined,
    empty: "",
    noise: "x.y.z",
    expired: await ec.sign({ ...good, exp: now - 1 }),
    "without an expiry": await ec.sign({ ...good, exp: undefined }),
    "an expiry that is text": await ec.sign({ ...good, exp: String(now + 60) }),
    "not valid yet": await ec.sign({ ...good, nbf: now + 60 }),
    "of another issuer": await ec.sign({ ...good, iss: "them" }),
    "for another audience": await ec.sign({ ...good, aud: "other" }),
    foreign: await foreign.sign(good),
    "foreign, with a known id": await foreign.sign(good, { kid: JSON.parse(atob(header)).kid }),
    "of a foreign secret": await foreignSecret.sign(good),
    "with the payload of another": `${header}.${claims}.${signature}`,
    "with half a signature": `${header}.${payload}.${signature.slice(0, 40)}`,
    "without a signature": `${header}.${payload}.`,
    "alg none": `${part({ alg: "none" })}.${claims}.`,
    "alg None": `${part({ alg: "None" })}.${claims}.${signature}`,
    "alg of another kind": `${part({ ...JSON.parse(atob(header)), alg: "EdDSA" })}.${payload}.${signature}`,
    "a public key as a secret, as JSON": await publicAsSecret(JSON.stringify(ec.jwk)),
    "a public key as a secret, as its file": await publicAsSecret(await Deno.readTextFile(ec.file)),
    "a public key as a secret, its bytes": await publicAsSecret(ed.jwk.x ?? ""),
    "its own key in the header": await foreign.sign(good, { jwk: foreign.jwk }),
    "a crit header": await ec.sign(good, { crit: ["x"], x: 1 }).catch(() => "x"),
    "too long": await ec.sign({ ...good, filler: "x".repeat(8192) }),
    "with another after it": `${valid}.${signature}`,
  };
  for (const [what, token] of Object.entries(tokens)) {
    assertEquals(await statuses(hub.url, token), [401, 401, 401], what);
    if (token !== undefined) assertEquals(await webSocketEnd(hub.url, token), "refused", what);
  }
  assertEquals(hub.hub.connectionCount, 0);
});

Deno.test("a token allows what its claims say, over streams, sockets and requests", async () => {
  await using hub = await serveHub({ key: [keyOf("HS256").file] });
  const token = await keyOf("HS256").sign({ pubsub: { subscribe: ["inbox:{sub}"], publish: [] } });
  const headers = { authorization: `Bearer ${token}` };
  const topics = ["inbox:ada", "inbox:bob", "inbox", "*"];
  const found = await Promise.all(topics.map(async (topic) => {
    const { status, body } = await fetch(`${hub.url}/events?topic=${topic}`, { headers });
    await body?.cancel();
    return status;
  }));
  assertEquals(found, [200, 403, 403, 403]);
  const link = createWebSocketClientEventTarget(() =>
    new WebSocket(`${hub.url.replace("http", "ws")}/events?token=${token}`)
  );
  const pubsub = createPubSub({ eventTarget: link });
  await pubsub.subscribe("inbox", "ada").ready;
  await assertRejects(() => pubsub.subscribe("inbox", "bob").ready, Error, "not authorized");
  const heard: unknown[] = [];
  createPubSub({ eventTarget: hub.hub }).on("inbox", (event) => heard.push(event));
  const body = JSON.stringify({ type: "inbox", id: "ada", payload: 1 });
  const refused = await fetch(`${hub.url}/publish`, { method: "POST", headers, body });
  assertEquals([refused.status, (await refused.json()).refused[0].reason], [403, "not authorized"]);
  pubsub.publish("inbox", "ada", 1);
  await pubsub.flush();
  assertEquals(heard, []);
  await link.close();
});

Deno.test("the past is for those whose token says so; others get a gap and live events", async () => {
  const key = keyOf("HS256");
  await using hub = await serveHub({ key: [key.file], history: { news: { perId: 10 } } });
  const pubsub = createPubSub<{ news: number }>({ eventTarget: hub.hub });
  for (let i = 0; i < 3; i++) pubsub.publish("news", "a", i);
  const read = async (history: string[]) => {
    const token = await key.sign({ pubsub: { subscribe: ["news"], history } });
    return await readEvents(hub.url, ["news"], { authorization: `Bearer ${token}` }, "from=start");
  };
  await using may = await read(["news"]);
  await using mayNot = await read(["news:a", "other"]);
  await eventually(() => assertEquals(may.messages.length, 5));
  pubsub.publish("news", "a", 3);
  await eventually(() =>
    assertEquals([may, mayNot].map(({ messages }) => messages.at(-1)?.data), [
      may.messages.at(-1)?.data,
      may.messages.at(-1)?.data,
    ])
  );
  assertEquals(mayNot.messages.filter(({ event }) => event === undefined).length, 1);
  assertEquals(mayNot.messages[1]?.event, "gap");
});

Deno.test("an answer of the program that comes later, in any form, gives no right that the token does not", async () => {
  const key = keyOf("HS256");
  const token = await key.sign({ pubsub: { subscribe: ["news"], history: [] } });
  // Cast: what a program in JavaScript can return.
  const thenable = { then: (resolve: (answer: boolean) => void) => resolve(true) } as unknown as Promise<
    boolean
  >;
  for (const answer of [Promise.resolve(true), thenable]) {
    await using hub = await serveHub({
      key: [key.file],
      history: { news: { perId: 10 } },
      hub: { authorize: () => answer },
    });
    createPubSub<{ news: number }>({ eventTarget: hub.hub }).publish("news", "a", 1);
    await using stream = await readEvents(
      hub.url,
      ["news"],
      { authorization: `Bearer ${token}` },
      "from=start",
    );
    await eventually(() => assertEquals(stream.messages.at(-1)?.event, "replayed"));
    assertEquals(stream.messages.map(({ event }) => event), ["subscribed", "gap", "replayed"]);
  }
});

Deno.test("the numbers of the hub are for tokens that say so, and for everybody without tokens", async () => {
  const key = keyOf("ES256");
  await using hub = await serveHub({ key: [key.file] });
  await using open = await serveHub();
  const read = async (url: string, token?: string) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(`${url}/metrics`, { headers });
    return [response.status, (await response.text()).includes("pubsub_connections_current 0\n")];
  };
  const all = { subscribe: ["*"], publish: ["*"], history: ["*"] };
  assertEquals(await read(hub.url), [401, false]);
  assertEquals(await read(hub.url, await key.sign({ pubsub: all })), [403, false]);
  assertEquals(await read(hub.url, await key.sign({ pubsub: { ...all, metrics: "true" } })), [403, false]);
  assertEquals(await read(hub.url, await key.sign({ pubsub: { metrics: true } })), [200, true]);
  assertEquals(await read(hub.url, await key.sign({ exp: 1, pubsub: { metrics: true } })), [401, false]);
  assertEquals(await read(open.url), [200, true]);
});

Deno.test("an expired token ends its stream, and a link comes back with a fresh one and its subscriptions", async () => {
  await using hub = await serveHub({ key: [keyOf("EdDSA").file] });
  let tokens = 0;
  const sign = () => {
    tokens++;
    return keyOf("EdDSA").sign({ exp: Math.floor(Date.now() / 1000) + (tokens > 2 ? 60 : 2) });
  };
  const expiresAt = Math.floor(Date.now() / 1000) + 2;
  await using stream = await readEvents(hub.url, ["news"], { authorization: `Bearer ${await sign()}` });
  const states: string[] = [];
  const link = createWebSocketClientEventTarget(
    async () => new WebSocket(`${hub.url.replace("http", "ws")}/events?token=${await sign()}`),
    { onStatus: ({ state, gap }) => states.push(gap ? `${state}, gap` : state), reconnectDelayMs: 10 },
  );
  const news = createPubSub<{ news: number }>({ eventTarget: link }).subscribe("news");
  await news.ready;
  const publisher = createPubSub<{ news: number }>({ eventTarget: hub.hub });
  publisher.publish("news", "a", 1);
  assertEquals((await news.next()).value?.payload, 1);
  assert(await stream.ended);
  assert(Date.now() >= expiresAt * 1000);
  publisher.publish("news", "a", 2);
  assertEquals(stream.messages.slice(1).map(({ data }) => data), [
    { type: "news", id: "a", payload: 1 },
    { code: 1000, reason: "the token has expired" },
  ]);
  await eventually(() => assertEquals(states.at(-1), "open, gap"));
  assertEquals([tokens, hub.hub.connectionCount], [3, 1]);
  publisher.publish("news", "a", 3);
  let heard = await news.next();
  // Its own token may have expired a little later than that of the stream.
  if (heard.value?.payload === 2) heard = await news.next();
  assertEquals(heard.value?.payload, 3);
  await link.close();
});

Deno.test("a token that expires during a replay ends it, whether or not the client reads", async () => {
  const key = keyOf("HS256");
  await using hub = await serveHub({ key: [key.file], history: { news: { perId: 10_000 } } });
  const pubsub = createPubSub<{ news: string }>({ eventTarget: hub.hub });
  for (let i = 0; i < 8_000; i++) pubsub.publish("news", "a", `${i} ${"x".repeat(2000)}`);
  const exp = Math.floor(Date.now() / 1000) + 2;
  const token = await key.sign({ exp, pubsub: { subscribe: ["news"], history: ["news"] } });
  const { hostname, port } = new URL(hub.url);
  using unread = await Deno.connect({ hostname, port: Number(port) });
  const head = `GET /events?topic=news&from=start&token=${token} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`;
  await unread.write(new TextEncoder().encode(head));
  await eventually(() => assertEquals(hub.hub.connectionCount, 1));
  await eventually(() => assertEquals(hub.hub.connectionCount, 0), { timeoutMs: 6_000 });
  assert(Date.now() >= exp * 1000);
  // What the system held is all that the client can still read.
  const buffer = new Uint8Array(1024 * 1024);
  let bytes = 0;
  for (;;) {
    const count = await unread.read(buffer).catch(() => null);
    if (count === null) break;
    bytes += count;
  }
  assertLess(bytes, 8_000 * 2000);
});

Deno.test("a file that is not a key is refused, without a word of it in the error", async () => {
  const pem = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-384" }, true, ["sign"]);
  const rsa = await crypto.subtle.generateKey(
    {
      name: "RSASSA-PKCS1-v1_5",
      modulusLength: 2048,
      publicExponent: new Uint8Array([1, 0, 1]),
      hash: "SHA-256",
    },
    true,
    ["sign"],
  );
  const toPem = async (key: CryptoKey) =>
    `-----BEGIN PUBLIC KEY-----\n${
      btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.exportKey("spki", key))))
    }\n-----END PUBLIC KEY-----`;
  for (
    const text of [
      "",
      "hunter2hunter2hunter2hunter2hunter2hunter2",
      '"hunter2hunter2hunter2hunter2hunter2"',
      '{ "kty": "oct", "k": "aHVudGVyMg" }',
      '{ "kty": "oct", "k": "aHVudGVyMmh1bnRlcjJodW50ZXIyaHVudGVyMmh1bnRlcjI", "alg": "HS512" }',
      '{ "keys": [] }',
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIhunter2",
      "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----",
      await toPem(pem.publicKey),
      await toPem(rsa.publicKey),
      JSON.stringify(await crypto.subtle.exportKey("jwk", rsa.publicKey)),
    ]
  ) {
    const path = `${folder}/wrong`;
    await Deno.writeTextFile(path, text);
    const error = await assertRejects(
      () => createVerify({ keys: [path] }),
      TypeError,
      "Cannot use the key file",
    );
    assert(!error.message.includes("hunter2") && !error.message.includes("aHVudGVy"), error.message);
  }
});

Deno.test("keys of a URL verify, and a secret there does not", async () => {
  const [hmac, ec] = [keyOf("HS256"), keyOf("ES256")];
  const files = await Promise.all([hmac, ec].map(({ file }) => Deno.readTextFile(file)));
  let asked = 0;
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    asked++;
    return new Response(`{"keys":[${files.join(",")}]}`);
  });
  await using hub = await serveHub({ jwks: `http://127.0.0.1:${server.addr.port}/jwks` });
  assertEquals(await statuses(hub.url, await ec.sign()), [202, 200, 200]);
  assertEquals(await statuses(hub.url, await hmac.sign()), [401, 401, 401]);
  assertEquals(await statuses(hub.url, await keyOf("EdDSA").sign()), [401, 401, 401]);
  assertEquals(asked, 1);
});

Deno.test("a set of keys that cannot be read is no fault of a token, and is reported", async () => {
  const key = keyOf("ES256");
  const set = `{"keys":[${await Deno.readTextFile(key.file)}]}`;
  let answer = (): Response => new Response("away", { status: 500 });
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => answer());
  const reports: string[] = [];
  const jwks = `http://127.0.0.1:${server.addr.port}/jwks`;
  await using hub = await serveHub({
    jwks: jwks.replace("//", "//me:hunter2@") + "?secret=hunter2",
    hub: { onError: (error, { stage }) => reports.push(`${stage}: ${error.message}`) },
  });
  const token = await key.sign();
  assertEquals(await statuses(hub.url, undefined), [401, 401, 401]);
  answer = () => new Response("<html>");
  const response = await fetch(`${hub.url}/events?topic=a&token=${token}`);
  assertEquals([response.status, response.headers.get("retry-after")], [503, "1"]);
  assertEquals(await response.json(), { error: "the keys of tokens cannot be read now" });
  assertEquals(await statuses(hub.url, token), [503, 503, 503]);
  assertEquals(await webSocketEnd(hub.url, token), "refused");
  assertEquals(
    reports.every((report) => report.startsWith(`connect: Cannot read the keys at ${jwks}: `)),
    true,
    reports[0],
  );
  assertEquals(reports.length, 5);
  answer = () => new Response(set);
  assertEquals(await statuses(hub.url, token), [202, 200, 200]);
  assertEquals(reports.length, 5);
});

Deno.test("a token that names no key is verified with each key of a URL", async () => {
  const other = await createTestKey("ES256", folder);
  const foreign = await createTestKey("ES256", folder);
  const ours = [keyOf("ES256"), other];
  const files = await Promise.all(ours.map(({ file }) => Deno.readTextFile(file)));
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response(`{"keys":[${files.join(",")}]}`),
  );
  await using hub = await serveHub({ jwks: `http://127.0.0.1:${server.addr.port}/` });
  for (const key of ours) {
    assertEquals(await statuses(hub.url, await key.sign({}, { kid: undefined })), [202, 200, 200]);
    assertEquals(await statuses(hub.url, await key.sign({ exp: 1 }, { kid: undefined })), [401, 401, 401]);
  }
  assertEquals(await statuses(hub.url, await foreign.sign({}, { kid: undefined })), [401, 401, 401]);
});

Deno.test("a thousand connections without a token leave nothing behind", async () => {
  await using hub = await serveHub({ key: [keyOf("HS256").file] });
  const ends = await Promise.all(
    Array.from(
      { length: 1000 },
      (_, i) =>
        i % 2 === 0
          ? webSocketEnd(hub.url, "")
          : fetch(`${hub.url}/events?topic=news`).then(async (response) => {
            await response.body?.cancel();
            return response.status === 401 ? "refused" : "open";
          }),
    ),
  );
  assertEquals(new Set(ends), new Set(["refused"]));
  assertEquals(hub.hub.connectionCount, 0);
});
