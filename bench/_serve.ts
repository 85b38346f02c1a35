/**
 * Serves WebSockets of Deno on a free port.
 *
 * @param onSocket Hears of each, once it is open.
 * @returns The port.
 */
export function serve(onSocket: (socket: WebSocket) => void): number {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    // Clients that are busy for long are not to be dropped.
    const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
    socket.addEventListener("open", () => onSocket(socket));
    return response;
  });
  server.unref();
  return server.addr.port;
}
