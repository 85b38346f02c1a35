// Endpoints of Iroh on loopback, for tests and benches.

import { Endpoint, RelayMode } from "@number0/iroh";

/** The protocol that both ends of a connection name. */
export const ALPN: number[] = bytesOf("alkdev-pubsub/1");

/** Binds an endpoint that only this machine reaches, without relays. */
export async function bindLocal(accepts: boolean): Promise<Endpoint> {
  const builder = Endpoint.builder();
  builder.applyMinimal();
  builder.relayMode(RelayMode.disabled());
  // The first alone would take every interface for IPv6.
  builder.bindAddr("127.0.0.1:0");
  builder.bindAddr("[::1]:0");
  if (accepts) builder.alpns([ALPN]);
  return await builder.bind();
}

/** Text as the binding takes it. */
export function bytesOf(text: string): number[] {
  return Array.from(new TextEncoder().encode(text));
}
