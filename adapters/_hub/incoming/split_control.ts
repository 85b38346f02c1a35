import type { Sender } from "../../_session/sender.ts";
import { type Control, MAX_REF_BYTES } from "../../_wire/frame.ts";

/** The size of a control without its items, in bytes; estimated too large. */
const CONTROL_BYTES = 2 * MAX_REF_BYTES;

/**
 * Sends a control about several items, in as many frames as the peer needs.
 *
 * @param sizeOf The size of an item in a frame, in bytes, unless characters of it are escaped.
 */
export function sendControlOf<TItem>(
  sender: Sender,
  items: readonly TItem[],
  sizeOf: (item: TItem) => number,
  toControl: (items: readonly TItem[]) => Control,
): void {
  const room = sender.outbox.queue.maxFrameBytes - CONTROL_BYTES;
  let from = 0;
  let bytes = 0;
  for (const [at, item] of items.entries()) {
    const size = sizeOf(item);
    bytes += size;
    if (bytes <= room || at === from) continue;
    sendHalves(sender, items.slice(from, at), toControl);
    from = at;
    bytes = size;
  }
  sendHalves(sender, items.slice(from), toControl);
}

/** Sends items as one control, or where that is larger than the peer accepts, as two. */
function sendHalves<TItem>(
  sender: Sender,
  items: readonly TItem[],
  toControl: (items: readonly TItem[]) => Control,
): void {
  if (sender.stopped) return;
  const control = sender.encodeControl(toControl(items));
  if (control === undefined) return;
  if (control.bytes <= sender.outbox.queue.maxFrameBytes || items.length < 2) {
    return sender.outbox.push(control);
  }
  const middle = items.length >> 1;
  sendHalves(sender, items.slice(0, middle), toControl);
  sendHalves(sender, items.slice(middle), toControl);
}
