/**
 * HTTP access to a hub: events as Server-Sent Events, for `EventSource` and `curl`, and a request that publishes. Each
 * request is a spoke of the hub, with the rights and limits of every spoke.
 *
 * @module
 */
import { Edge } from "./edge.ts";
import type { HttpEdge, HttpEdgeHub, HttpEdgeOptions } from "./types.ts";

export type * from "./types.ts";
export * from "./node.ts";

/** The options of an edge. They can be left out if the context of a spoke can be `undefined`. */
export type HttpEdgeArguments<TContext> = undefined extends TContext ? [options?: HttpEdgeOptions<TContext>]
  : [options: HttpEdgeOptions<TContext> & Required<Pick<HttpEdgeOptions<TContext>, "authenticate">>];

/**
 * Creates HTTP access to a hub over WebSockets.
 *
 * `GET /events?topic=type:id&topic=type` answers with a stream of Server-Sent Events. A message without a name is an event:
 * its data is the envelope as JSON. Messages with a name report on the stream:
 *
 * - `subscribed`, first: `{ topics }`. Every event that is published from then on arrives.
 * - `gap`: `{ topics? }`. Events of these topics, or of all, may be missing here: reload your state.
 * - `replayed`: `{ topic, whole }`. All that the topic had in the history is before this message.
 * - `revoked`: `{ refused: [{ topic, reason }] }`. These topics have ended.
 * - `upstream`: `{ up }`. Whether the hub's upstream is there.
 * - `closed`, last: `{ code, reason }`. The hub has ended the stream.
 *
 * If the hub has a history, a stream can begin in the past: `from=latest` with the latest event of each id, `from=start`
 * with everything, `from=100` with the last hundred. A client that comes back with `Last-Event-ID`, as an `EventSource`
 * does, continues where it was, or gets a `gap`. The positions of up to 16 topics are noted, in up to 4,096 characters.
 *
 * A client that reads too slowly is dropped like any slow spoke. The same path upgraded is the WebSocket of a link.
 *
 * `POST /publish` publishes an envelope, or an array of them, and answers 202 once the hub has handled all of them.
 *
 * `GET /metrics` answers with the numbers of the hub, if the option `metrics` returns them.
 *
 * A request that is refused gets a status and `{ error }` as JSON.
 *
 * @example A hub with all three on Deno
 * ```ts ignore
 * import { createWebSocketServerEventTarget } from "@alkdev/pubsub";
 * import { createHttpEdge } from "@alkdev/pubsub/http";
 *
 * const hub = createWebSocketServerEventTarget();
 * const edge = createHttpEdge(hub, { upgrade: Deno.upgradeWebSocket });
 * Deno.serve({ hostname: "127.0.0.1", port: 8787 }, edge.fetch);
 * ```
 *
 * @example Publish by a request
 * ```ts
 * import { createPubSub, createWebSocketServerEventTarget } from "@alkdev/pubsub";
 * import { createHttpEdge } from "@alkdev/pubsub/http";
 * import { assertEquals } from "@std/assert";
 *
 * const hub = createWebSocketServerEventTarget();
 * const builds = createPubSub<{ "build.finished": { ok: boolean } }>({ eventTarget: hub }).subscribe("build.finished");
 * const edge = createHttpEdge(hub);
 * const event = { type: "build.finished", id: "proj_123", payload: { ok: true } };
 * const url = "http://127.0.0.1:8787/publish";
 * const { status } = await edge.fetch(new Request(url, { method: "POST", body: JSON.stringify(event) }));
 * assertEquals(status, 202);
 * assertEquals((await builds.next()).value, event);
 * await hub.close();
 * ```
 *
 * @typeParam TContext The context of a spoke, such as its user.
 * @param hub The hub. It has no `authenticate` of its own, or one that accepts the bearer token of a request as credentials.
 * @param options Who may use it, and bounds.
 * @returns The handler of requests.
 * @throws {TypeError} If an origin or a path is malformed, or `hub` is not a hub.
 * @throws {RangeError} If a bound is out of range.
 */
export function createHttpEdge<TContext = unknown>(
  hub: HttpEdgeHub<TContext>,
  ...[options = {}]: HttpEdgeArguments<TContext>
): HttpEdge<TContext> {
  return new Edge<TContext>(hub, options);
}
