import type { Sender } from "../../_session/sender.ts";
import { type Control, MAX_REF_BYTES } from "../../_wire/frame.ts";

/** The size of a control without its items, in bytes; estimated too large. */
const CONTROL_BYTES = 2 * MAX_REF_BYTES;

/**
 * Sends a control about several items, in as many frames as the peer needs. Returns the bytes of all.
 *
 * @param lengthOf The characters of an item in a frame. Some take several bytes, so that a frame can be too large at first.
 */
export function sendControlOf<TItem>(
  sender: Sender,
  items: readonly TItem[],
  lengthOf: (item: TItem) => number,
  toControl: (items: readonly TItem[]) => Control,
): number {
  const room = sender.outbox.queue.maxFrameBytes - CONTROL_BYTES;
  let from = 0;
  let length = 0;
  let bytes = 0;
  let at = 0;
  for (const item of items) {
    const size = lengthOf(item);
    length += size;
    if (length > room && at > from) {
      bytes += sendHalves(sender, items.slice(from, at), toControl);
      from = at;
      length = size;
    }
    at++;
  }
  return bytes + sendHalves(sender, from === 0 ? items : items.slice(from), toControl);
}

/** Sends items as one control, or where that is larger than the peer accepts, as two. Returns the bytes of all. */
function sendHalves<TItem>(
  sender: Sender,
  items: readonly TItem[],
  toControl: (items: readonly TItem[]) => Control,
): number {
  if (sender.stopped) return 0;
  const control = sender.encodeControl(toControl(items));
  if (control === undefined) return 0;
  if (control.bytes <= sender.outbox.queue.maxFrameBytes || items.length < 2) {
    sender.outbox.push(control);
    return control.bytes;
  }
  const middle = items.length >> 1;
  return sendHalves(sender, items.slice(0, middle), toControl) +
    sendHalves(sender, items.slice(middle), toControl);
}
