import type { EventForm } from "../../../core/history/event_form.ts";
import type { Position } from "../../../core/history_source.ts";
import type { Codec, EncodedEnvelope, EncodeOptions } from "../../_wire/codec.ts";
import { readPosition } from "../../_wire/history_controls.ts";

/** Nothing of a kept event may be shared with the program, nor transferred to one of its readers. */
const KEPT: EncodeOptions = { deferred: true, multicast: true, payloadShared: true };

/** The bytes of a position beside its characters: the name of the member, quotes and a comma. */
const MEMBER_BYTES = 8;

/** Keeps events as the codec of a hub encodes them, so that no event is encoded twice. */
export function encodedForm(codec: Codec): EventForm<EncodedEnvelope> {
  return {
    keep(envelope) {
      const { body, bytes } = codec.encode(envelope, false, KEPT);
      return { kept: body, bytes };
    },
    restore: (type, id, body, bytes, at) => {
      return { type, id, body, bytes: bytes + MEMBER_BYTES + at.length, control: false, at };
    },
    toEnvelope({ type, id, body, at = "" }) {
      if (codec.payloadOf !== undefined) return { type, id, payload: codec.payloadOf(body), at };
      throw new TypeError("Cannot read the history of a hub: its codec has no `payloadOf`");
    },
  };
}

/** An encoded event with its position, unless that is not one. */
export function positioned(event: EncodedEnvelope, position: Position): EncodedEnvelope {
  const at = readPosition(position);
  return at === undefined ? event : withPosition(event, at);
}

function withPosition({ type, id, body, bytes, control }: EncodedEnvelope, at: Position): EncodedEnvelope {
  return { type, id, body, bytes: bytes + MEMBER_BYTES + at.length, control, at };
}
