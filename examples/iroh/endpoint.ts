import { Endpoint, RelayMode, SecretKey } from "@number0/iroh";
import { Buffer } from "node:buffer";

/** The protocol that the two programs speak over a connection. Both ends must name the same one. */
export const ALPN: number[] = bytesOf("alkdev-pubsub/1");

/** How long a peer may be silent before it is asked for a sign of life. QUIC itself takes 30 seconds. */
export const HEARTBEAT_MS = 2000;

/** Options of {@linkcode bindEndpoint}. */
export interface BindOptions {
  /** The file of its secret key, made if it is missing. Without a file, the key is a new one at each start. */
  readonly keyFile: string | undefined;
  /** Whether only this machine can reach it, without relays. */
  readonly local: boolean;
  /** Whether it accepts connections. */
  readonly accepts: boolean;
}

/** Binds an endpoint. Keep a reference: a garbage-collected endpoint takes its connections with it. */
export async function bindEndpoint({ keyFile, local, accepts }: BindOptions): Promise<Endpoint> {
  const builder = Endpoint.builder();
  if (local) {
    builder.applyMinimal();
    builder.relayMode(RelayMode.disabled());
    // The first alone would take every interface for IPv6.
    builder.bindAddr("127.0.0.1:0");
    builder.bindAddr("[::1]:0");
  } else {
    builder.applyN0();
  }
  if (keyFile !== undefined) builder.secretKey(await readKey(keyFile));
  if (accepts) builder.alpns([ALPN]);
  return await builder.bind();
}

/** Text as the binding takes it. */
export function bytesOf(text: string): number[] {
  return Array.from(new TextEncoder().encode(text));
}

/** A signal that aborts at the first SIGINT or SIGTERM. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => controller.abort());
  }
  return controller.signal;
}

/** Reads a secret key, which is the identity of an endpoint. */
async function readKey(file: string): Promise<number[]> {
  try {
    return [...Buffer.from((await Deno.readTextFile(file)).trim(), "hex")];
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    const key = SecretKey.generate().toBytes();
    await Deno.writeTextFile(file, Buffer.from(key).toString("hex"), { createNew: true, mode: 0o600 });
    return key;
  }
}
