/** A larger frame is not kept here. */
const MAX_LENGTH = 65_536;

let text = "";
/** Unset until it is sent once more. */
let bytes: Uint8Array | undefined;

/** A text frame to send: its bytes if it is the one of the call before, so that a frame of many sockets is encoded once. */
export function sharedText(frame: string): string | Uint8Array {
  if (frame.length > MAX_LENGTH) return frame;
  if (frame === text) return bytes ??= new TextEncoder().encode(frame);
  text = frame;
  bytes = undefined;
  return frame;
}
