/** Returns a port of loopback that nobody listens on now. Another process can take it, so its tests run alone. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
