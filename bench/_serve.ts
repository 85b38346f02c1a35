/** Serves WebSockets of Deno on a free port. */
export function serve(onSocket: (socket: WebSocket) => void): number {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    // Clients that are busy for a long time must not be dropped.
    const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
    socket.addEventListener("open", () => onSocket(socket));
    return response;
  });
  server.unref();
  return server.addr.port;
}
