import { readFile } from "node:fs/promises";
import { exportJWK, generateSecret, importJWK, type JWK, SignJWT } from "jose";
import type { TokenOptions } from "./command_line.ts";

/** Creates a key of HS256, as the text of a JWK. */
export async function createKey(): Promise<string> {
  const secret = await generateSecret("HS256", { extractable: true });
  return JSON.stringify({ ...await exportJWK(secret), alg: "HS256", kid: crypto.randomUUID().slice(0, 8) });
}

/** Signs a token. */
export async function createToken({ key: path, sub, expires, ...rights }: TokenOptions): Promise<string> {
  const jwk: JWK = JSON.parse(await readFile(path, "utf8"));
  const { alg = "HS256", kid } = jwk;
  return await new SignJWT({ pubsub: rights })
    .setProtectedHeader({ alg, ...(kid !== undefined && { kid }) })
    .setSubject(sub)
    .setIssuedAt()
    .setExpirationTime(expires)
    .sign(await importJWK(jwk, alg));
}
