import { onAbort } from "../../core/abort.ts";
import { assertBound, assertSignal } from "../../core/arguments.ts";
import { describe } from "../../core/describe.ts";
import { notify } from "../../core/report.ts";
import type { TypedEvent } from "../../core/types.ts";
import type { Codec, Transport } from "../_wire/codec.ts";
import type { Wire } from "../_wire/wire.ts";
import { Link } from "./link.ts";
import type {
  ConnectionEnd,
  ConnectOptions,
  LinkEventTarget,
  LinkOptions,
  OpenConnection,
  Resume,
} from "./options.ts";
import { reconnectingWire } from "./reconnecting_wire.ts";
import { onWakeUp } from "./wake_up.ts";

/** Options of {@linkcode createLink} and `createHub` beside those of links and hubs. */
export interface NameOptions {
  /**
   * The name of the event target, which `Object.prototype.toString` and reports show.
   *
   * @default "LinkEventTarget" of a link, "HubEventTarget" of a hub
   */
  readonly name?: string;
}

/**
 * Creates the event target on the side with one peer, a hub. Published events go to the hub, and the hub sends the events
 * that are subscribed to here.
 *
 * Given a function, the event target opens a connection with it, and another one whenever that ends or fails, as
 * `createWebSocketClientEventTarget` does. Given a connection, its end ends the event target.
 *
 * @example A link and a hub that share memory
 * ```ts
 * import { createPubSub } from "@alkdev/pubsub";
 * import { createHub, createJsonCodec, createLink, type Wire, type WireEvents } from "@alkdev/pubsub/wire";
 * import { assertEquals } from "@std/assert";
 *
 * // A connection is one of two ends. What one end sends arrives at the other end a moment later.
 * class End {
 *   far: End | undefined;
 *   events: WireEvents | undefined;
 * }
 *
 * function toWire(end: End): Wire<string> {
 *   let state: "open" | "closed" = "open";
 *   const finish = () => {
 *     state = "closed";
 *     end.events?.onEnd({});
 *     end.events = undefined;
 *   };
 *   return {
 *     get state() {
 *       return state;
 *     },
 *     bufferedBytes: 0,
 *     start(events) {
 *       end.events = events;
 *       events.onOpen();
 *     },
 *     send: (frame) => queueMicrotask(() => end.far?.events?.onFrame(frame)),
 *     close: () => queueMicrotask(finish),
 *     detach() {
 *       end.events = undefined;
 *     },
 *   };
 * }
 *
 * const transport = { codec: createJsonCodec(), toWire };
 * const [near, far] = [new End(), new End()];
 * near.far = far;
 * far.far = near;
 *
 * type Events = { "user.renamed": { name: string } };
 * const hub = createHub(transport);
 * const link = createLink(transport, near);
 * hub.addConnection(far);
 *
 * const renames = createPubSub<Events>({ eventTarget: link }).subscribe("user.renamed", "user_1");
 * await renames.ready;
 * createPubSub<Events>({ eventTarget: hub }).publish("user.renamed", "user_1", { name: "Ada" });
 * assertEquals((await renames.next()).value?.payload.name, "Ada");
 * await link.close();
 * await hub.close();
 * ```
 *
 * @typeParam TEvent The events that it carries.
 * @typeParam TConnection The runtime's object, such as a socket.
 * @typeParam TFrame The unit that crosses the wire, such as a string.
 * @param transport How connections carry events.
 * @param connection A function that opens a connection, called for each attempt; or a connection, opening or open.
 * @param options Bounds and callbacks.
 * @returns An event target that closes its connection when it is closed.
 * @throws {RangeError} If a bound is out of range.
 */
export function createLink<TEvent extends TypedEvent, TConnection extends object, TFrame>(
  transport: Transport<TConnection, TFrame>,
  connection: TConnection | OpenConnection<TConnection>,
  options: ConnectOptions & NameOptions = {},
): LinkEventTarget<TEvent> {
  return openLink(transport, connection, options);
}

/** {@linkcode createLink}, for doors that need the link itself. */
export function openLink<TConnection extends object, TFrame>(
  { codec, toWire }: Transport<TConnection, TFrame>,
  connection: TConnection | OpenConnection<TConnection>,
  options: ConnectOptions & NameOptions,
): Link {
  const { name = "LinkEventTarget", connectTimeoutMs = 20_000 } = options;
  const opens = typeof connection === "function";
  const shouldReconnect = (end: ConnectionEnd): boolean | undefined =>
    notify(link, () => options.shouldReconnect?.(end));
  const wire = opens
    ? reconnectingWire(connection, toWire, { ...options, shouldReconnect })
    : toWire(connection);
  const { heartbeatMs = opens ? 25_000 : Infinity } = options;
  const link: Link = newLink(name, wire, codec, { ...options, connectTimeoutMs, heartbeatMs });
  if (opens) void link.closed.then(onWakeUp(() => link.reconnect()));
  return link;
}

/** The option that `createResume` makes. */
export interface ResumeFactory extends Resume {
  /** Creates a link whose subscriptions can begin in the past. */
  createLink(name: string, wire: Wire, codec: Codec, options: LinkOptions): Link;
}

/** A link over a wire, which is started. */
export function newLink(name: string, wire: Wire, codec: Codec, options: LinkOptions): Link {
  // Cast: createResume() makes all of them.
  const resume = options.resume as ResumeFactory | undefined;
  if (resume && !resume.createLink) {
    throw new TypeError(`Cannot use ${describe(resume)} as resume: create it with createResume()`);
  }
  const { connectTimeoutMs = Infinity, signal } = options;
  assertBound("connectTimeoutMs", connectTimeoutMs, 1);
  assertSignal(signal);
  const link = resume?.createLink(name, wire, codec, options) ?? new Link(name, wire, codec, options);
  if (signal?.aborted) void link.close();
  else if (signal !== undefined) void link.closed.then(onAbort(signal, () => void link.close()));
  return link;
}
