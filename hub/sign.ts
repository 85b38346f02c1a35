import { readFile } from "node:fs/promises";
import { exportJWK, generateSecret, importJWK, type JWK, SignJWT } from "jose";
import type { TokenOptions } from "./command_line.ts";
import { algorithmsOf } from "./keys.ts";

/** Creates a key of HS256, as the text of a JWK. */
export async function createKey(): Promise<string> {
  const secret = await generateSecret("HS256", { extractable: true });
  return JSON.stringify({ ...await exportJWK(secret), alg: "HS256", kid: crypto.randomUUID().slice(0, 8) });
}

const DURATION = /^[1-9]\d*[smhd]$/;

/** Signs a token. */
export async function createToken({ key: path, sub, expires, ...rights }: TokenOptions): Promise<string> {
  if (!DURATION.test(expires)) {
    throw new TypeError(
      `Cannot use ${JSON.stringify(expires)} as --expires: give a time such as 30s, 10m, 1h or 7d`,
    );
  }
  const jwk = await readKey(path);
  const { kid } = jwk;
  const alg = algorithmsOf(jwk)[0];
  return await new SignJWT({ pubsub: rights })
    .setProtectedHeader({ alg, ...(kid !== undefined && { kid }) })
    .setSubject(sub)
    .setIssuedAt()
    .setExpirationTime(expires)
    .sign(await importJWK(jwk, alg));
}

/** Reads a key that signs. */
async function readKey(path: string): Promise<JWK> {
  const text = (await readFile(path, "utf8")).trim();
  let jwk: JWK | undefined;
  try {
    jwk = Object(JSON.parse(text));
  } catch {
    // The text is not quoted: it may be a secret.
  }
  if (jwk?.k !== undefined || jwk?.d !== undefined) return jwk;
  throw new TypeError(`Cannot sign with ${path}: it must be a secret or a private key, as a JWK`);
}

/** The first of some files that has a key that signs. */
export async function findSigningKey(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    if (await readKey(path).then(() => true, () => false)) return path;
  }
  return undefined;
}
