/** The hub program in this process, with keys that tests make. */
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from "jose";
import type { HubConfig } from "../../hub/config.ts";
import { type RunningHub, startHub } from "../../hub/start_hub.ts";

/** A hub that ends with its block. */
export interface ServedHub extends RunningHub, AsyncDisposable {}

/** Starts a hub on a free port of this machine. */
export async function serveHub(config: HubConfig = {}): Promise<ServedHub> {
  const hub = await startHub({
    hostname: "127.0.0.1",
    port: 0,
    live: false,
    key: [],
    origin: [],
    history: {},
    ...config,
    hub: { onError() {}, ...config.hub },
  });
  return { ...hub, [Symbol.asyncDispose]: () => hub.close() };
}

/** A key, with the file that has what verifies its tokens. */
export interface TestKey {
  readonly algorithm: string;
  readonly file: string;
  readonly jwk: JWK;
  /** Signs claims. A token is valid for a minute, unless the claims say something else. */
  sign(claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
}

export async function createTestKey(
  algorithm: "HS256" | "ES256" | "EdDSA",
  folder: string,
): Promise<TestKey> {
  const kid = crypto.randomUUID();
  const { jwk, shown } = algorithm === "HS256" ? secret() : await pair(algorithm);
  const file = `${folder}/${kid}.json`;
  await Deno.writeTextFile(file, JSON.stringify({ ...shown, kid }));
  return {
    algorithm,
    file,
    jwk: shown,
    async sign(claims = {}, header = {}) {
      const exp = Math.floor(Date.now() / 1000) + 60;
      const pubsub = { subscribe: ["*"], publish: ["*"] };
      return await new SignJWT({ sub: "ada", exp, pubsub, ...claims })
        .setProtectedHeader({ alg: algorithm, kid, ...header })
        .sign(await importJWK(jwk, algorithm));
    },
  };
}

function secret(): { jwk: JWK; shown: JWK } {
  const k = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const jwk = { kty: "oct", k };
  return { jwk, shown: jwk };
}

async function pair(algorithm: string): Promise<{ jwk: JWK; shown: JWK }> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  return { jwk: await exportJWK(privateKey), shown: await exportJWK(publicKey) };
}
