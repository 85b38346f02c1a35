/** Whether only programs of this machine reach an address. */
export function isLoopback(hostname: string): boolean {
  return hostname.toLowerCase() === "localhost" || hostname === "::1" ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
