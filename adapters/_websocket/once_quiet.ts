import type { WebSocketLike } from "./websocket_wire.ts";

/** How long nothing arrives once all that a peer has sent together is read, in milliseconds. */
const QUIET_MS = 10;

/** So many frames are read at most: Deno runs no timer while a peer sends small frames without a pause. */
const MAX_FRAMES = 256;

/** Calls back once nothing arrives on a socket for a moment, after 256 frames, or once it has closed. */
export function onceQuiet(socket: WebSocketLike, callback: () => void): void {
  let left = MAX_FRAMES;
  const finish = (): void => {
    clearTimeout(timer);
    socket.removeEventListener("message", onMessage);
    socket.removeEventListener("close", finish);
    callback();
  };
  const onMessage = (): void => {
    if (--left === 0) return finish();
    clearTimeout(timer);
    timer = setTimeout(finish, QUIET_MS);
  };
  let timer = setTimeout(finish, QUIET_MS);
  socket.addEventListener("message", onMessage);
  socket.addEventListener("close", finish);
}
