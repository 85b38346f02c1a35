import { Buffer } from "node:buffer";
import { readFile } from "node:fs/promises";
import {
  createRemoteJWKSet,
  type CryptoKey,
  decodeProtectedHeader,
  errors,
  importJWK,
  importSPKI,
  type JWK,
  type JWTPayload,
  jwtVerify,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
} from "jose";

/** The longest token that is read, in characters. */
const MAX_TOKEN_LENGTH = 8192;

/** The names of the algorithm of each kind of public key. RFC 9864 has given EdDSA a second one. */
const PUBLIC_ALGORITHMS = [["ES256"], ["EdDSA", "Ed25519"]] as const;

/** The shortest secret of HS256, in bytes. */
const MIN_SECRET_BYTES = 32;

/** Verifies tokens. Rejects for those that are not valid now. */
export type Verify = (token: string) => Promise<JWTPayload>;

/** The sources of keys, and the claims that a token must have. */
export interface KeySources {
  /** Files with a key each: a JWK, a set of them, or a public key as PEM. */
  readonly keys: readonly string[];
  /** The URL of a set of public keys. */
  readonly jwks?: string | undefined;
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
}

/** The error of a set of keys that cannot be read now: whether a token is valid is not known. */
export class KeySetError extends Error {
  override readonly name = "KeySetError";
}

/** The errors that a set of keys gives for a token: the set itself could be read. */
const ABOUT_TOKENS = [
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
  errors.JOSENotSupported,
] as const;

/** A key, with the names of the one algorithm that it is for. */
interface Key {
  readonly algorithms: readonly string[];
  readonly kid: string | undefined;
  readonly key: CryptoKey | Uint8Array;
}

/** Reads the keys, and returns what verifies tokens with them. Throws if a key cannot be used. */
export async function createVerify({ keys: files, jwks, issuer, audience }: KeySources): Promise<Verify> {
  const keys = (await Promise.all(files.map(readKeys))).flat();
  const remote = jwks === undefined ? undefined : createKeySet(new URL(jwks));
  const rules: JWTVerifyOptions = {
    requiredClaims: ["exp"],
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
  };
  return async (token) => {
    if (token.length > MAX_TOKEN_LENGTH) throw new errors.JWTInvalid("The token is too long");
    const { kid } = decodeProtectedHeader(token);
    let fault: unknown = new errors.JWKSNoMatchingKey();
    for (const { algorithms, key, kid: own } of keys) {
      if (kid !== undefined && own !== undefined && kid !== own) continue;
      try {
        return (await jwtVerify(token, key, { ...rules, algorithms: [...algorithms] })).payload;
      } catch (error) {
        // The reason that the right key gives says most.
        if (!(fault instanceof errors.JWTExpired)) fault = error;
      }
    }
    if (remote === undefined) throw fault;
    return await verifyWithSet(token, remote, { ...rules, algorithms: PUBLIC_ALGORITHMS.flat() });
  };
}

function createKeySet(given: URL): JWTVerifyGetKey {
  const url = new URL(given);
  url.username = url.password = "";
  // Node refuses to fetch a URL that has a user.
  const user = [given.username, given.password].map(decodeURIComponent).join(":");
  const authorization = `Basic ${Buffer.from(user).toString("base64")}`;
  const find = createRemoteJWKSet(url, user === ":" ? {} : { headers: { authorization } });
  return async (...asked) => {
    try {
      return await find(...asked);
    } catch (cause) {
      if (ABOUT_TOKENS.some((each) => cause instanceof each)) throw cause;
      // Without the query, which runtimes quote in their own errors.
      const shown = `${url.origin}${url.pathname}`;
      const reason = messageOf(cause).replaceAll(url.href, shown);
      throw new KeySetError(`Cannot read the keys at ${shown}: ${reason}`, { cause });
    }
  };
}

/** A token that names no key may be of any key of the set. */
async function verifyWithSet(
  token: string,
  set: JWTVerifyGetKey,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, set, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    let fault: unknown = error;
    for await (const key of error) {
      try {
        return (await jwtVerify(token, key, options)).payload;
      } catch (reason) {
        fault = reason;
      }
    }
    throw fault;
  }
}

async function readKeys(path: string): Promise<Key[]> {
  const text = await readFile(path, "utf8").then((read) => read.trim(), (cause) => {
    throw new TypeError(`Cannot read the key file ${path}: ${messageOf(cause)}`, { cause });
  });
  try {
    if (text.startsWith("-----BEGIN")) return [await readPem(text)];
    const value: unknown = JSON.parse(text);
    const set = typeof value === "object" && value !== null && "keys" in value ? value.keys : [value];
    if (!Array.isArray(set) || set.length === 0) throw new TypeError("it has no keys");
    return await Promise.all(set.map(readJwk));
  } catch (error) {
    const advice = "a key file is a JWK, a set of JWKs, or a public key as PEM";
    // The text is not quoted: it may be a secret.
    const reason = error instanceof SyntaxError ? "it is not JSON" : messageOf(error);
    throw new TypeError(`Cannot use the key file ${path}: ${reason}; ${advice}`);
  }
}

async function readPem(pem: string): Promise<Key> {
  if (!pem.startsWith("-----BEGIN PUBLIC KEY-----")) throw new TypeError("it is not a public key");
  for (const algorithms of PUBLIC_ALGORITHMS) {
    try {
      return { algorithms, kid: undefined, key: await importSPKI(pem, algorithms[0]) };
    } catch {
      // A key of another algorithm.
    }
  }
  throw new TypeError("it is neither a key of the curve P-256 nor one of Ed25519");
}

async function readJwk(value: unknown): Promise<Key> {
  const jwk: JWK = Object(value);
  const algorithms = algorithmsOf(jwk);
  const [algorithm] = algorithms;
  if (jwk.alg !== undefined && !algorithms.includes(jwk.alg)) {
    throw new TypeError(`its algorithm is ${jwk.alg}, and not ${algorithm}`);
  }
  const { d: _private, ...shown } = jwk;
  const key = await importJWK({ ...shown, alg: algorithm }, algorithm);
  if (key instanceof Uint8Array && key.length < MIN_SECRET_BYTES) {
    throw new TypeError(`its secret is shorter than ${MIN_SECRET_BYTES} bytes`);
  }
  return { algorithms, kid: jwk.kid, key };
}

/** The names of the algorithm of a key. The key decides it, never the token. */
export function algorithmsOf({ kty, crv }: JWK): readonly [string, ...string[]] {
  if (kty === "oct") return ["HS256"];
  if (kty === "EC" && crv === "P-256") return PUBLIC_ALGORITHMS[0];
  if (kty === "OKP" && crv === "Ed25519") return PUBLIC_ALGORITHMS[1];
  throw new TypeError(
    `keys of the kind ${[kty, crv].filter(Boolean).join(" ") || "unknown"} are not supported`,
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
