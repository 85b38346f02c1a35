/**
 * The parts that turn a transport of your own into event targets: a link on the side with one peer, a hub on the side
 * with many. They bring the frames, batching, subscriptions, bounds and errors. You bring a {@linkcode Wire}.
 *
 * @module
 */
import type { EventEnvelope, TypedEvent } from "../core/types.ts";
import { createHub as createHubOf } from "./_hub/create_hub.ts";
import type { HubEventTarget, HubOptions, SpokeEventTarget } from "./_hub/types.ts";
import type { NameOptions } from "./_link/create_link.ts";
import type { Codec, Transport } from "./_wire/codec.ts";
import { controlEnvelope } from "./_wire/frame.ts";
import { jsonCodec } from "./_wire/json_codec.ts";

export type { Via } from "../core/via.ts";
export type * from "./_hub/types.ts";
export { createLink, type NameOptions } from "./_link/create_link.ts";
export type * from "./_link/options.ts";
export type { SessionOptions } from "./_session/options.ts";
export type { Codec, EncodedEnvelope, EncodeOptions, Transport } from "./_wire/codec.ts";
export type { NextWire, Wire, WireEnd, WireEvents } from "./_wire/wire.ts";

/**
 * Creates the event target on the side with many peers, the spokes. Events that are published here go to the spokes that
 * are subscribed to the topic, to the type or to everything, once to each. Listeners here receive the events of all
 * spokes.
 *
 * @example A hub over TCP
 * ```ts ignore
 * import { createServer, type Socket } from "node:net";
 * import { createHub, createJsonCodec } from "@alkdev/pubsub/wire";
 * import { LineWire } from "./line_wire.ts"; // see https://github.com/alkdev/pubsub/blob/main/docs/writing_an_adapter.md
 *
 * const toWire = (socket: Socket) => new LineWire(socket, 1_048_576);
 * const transport = { codec: createJsonCodec(), toWire };
 * const eventTarget = createHub(transport, { name: "LineHubEventTarget", maxConnections: 1000 });
 * createServer((socket) => void eventTarget.addConnection(socket)).listen(4000);
 * ```
 *
 * @typeParam TEvent The events that it carries.
 * @typeParam TConnection The runtime's object, such as a socket.
 * @typeParam TFrame The unit that crosses the wire, such as a string.
 * @typeParam TContext The context of a spoke, such as its user.
 * @param transport How connections carry events.
 * @param options Bounds and callbacks.
 * @returns An event target without spokes.
 * @throws {RangeError} If a bound is out of range.
 */
export function createHub<TEvent extends TypedEvent, TConnection, TFrame, TContext = unknown>(
  transport: Transport<TConnection, TFrame>,
  options: HubOptions<TConnection, SpokeEventTarget<TypedEvent, TContext>> & NameOptions = {},
): HubEventTarget<TConnection, TEvent, SpokeEventTarget<TEvent, TContext>> {
  const { name = "HubEventTarget" } = options;
  return createHubOf({ ...transport, tag: name, spokeTag: "SpokeEventTarget" }, options);
}

/**
 * Creates the codec of wires that carry text: an envelope is JSON, several envelopes are a JSON array.
 *
 * @example Encode an event
 * ```ts
 * import { createJsonCodec } from "@alkdev/pubsub/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const codec = createJsonCodec();
 * const event = codec.encode({ type: "user.renamed", id: "user_1", payload: { name: "Ada" } }, false);
 * assertEquals(codec.encodeFrame([event]), '{"type":"user.renamed","id":"user_1","payload":{"name":"Ada"}}');
 * ```
 *
 * @returns The codec, which has no state.
 */
export function createJsonCodec(): Codec<string> {
  return jsonCodec;
}

/**
 * The envelope that ends a session with a reason. A wire sends it last when it is closed, if its transport has no close
 * reason of its own.
 *
 * @example End with a reason
 * ```ts
 * import { byeEnvelope } from "@alkdev/pubsub/wire";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(byeEnvelope("done"), { type: "__bye", id: "", payload: { reason: "done" } });
 * ```
 *
 * @param reason The reason, for people.
 * @param code The close code, for a link that decides by it whether to connect again.
 * @returns A control of the protocol, to be encoded as a frame of its own.
 */
export function byeEnvelope(reason: string, code?: number): EventEnvelope {
  return controlEnvelope({ kind: "bye", ...(code !== undefined && { code }), reason });
}
