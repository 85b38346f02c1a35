import type { SpokeEventTarget, WebSocketLike } from "../mod.ts";

/** A hub over WebSockets, as far as an {@linkcode HttpEdge} uses it. */
export interface HttpEdgeHub<TContext = unknown> {
  /** Whether a further connection would become a spoke now. */
  accepts(): boolean;
  /**
   * Adds a connection as a spoke.
   *
   * @param connection The connection.
   * @param options The context of the spoke.
   * @returns The event target of this spoke alone.
   */
  addConnection(connection: WebSocketLike, options: { readonly context: TContext }): SpokeEventTarget;
  /**
   * Reports an error that a function of the program has thrown.
   *
   * @param stage The stage.
   * @param error The error.
   */
  report?(stage: "connect", error: unknown): void;
}

/** The format that a reader of numbers accepts: that of Prometheus, or OpenMetrics. */
export type MetricsFormat = "text" | "openmetrics";

/** A request that was upgraded to a WebSocket. */
export interface UpgradedRequest {
  /** The socket, which may not be open yet. */
  readonly socket: WebSocketLike;
  /** The answer to the request. */
  readonly response: Response;
}

/** Options of {@linkcode createHttpEdge}. */
export interface HttpEdgeOptions<TContext = unknown> {
  /**
   * Returns the context of the spoke that a request becomes, such as its user. `undefined`, `null`, `false` and an error
   * refuse the request (401), and a `Response` answers it. The spoke's rights are what the hub's `authorize` decides.
   *
   * @default every request is accepted, and the context is `undefined`
   */
  readonly authenticate?: (
    request: Request,
  ) =>
    | TContext
    | Response
    | undefined
    | null
    | false
    | Promise<TContext | Response | undefined | null | false>;
  /**
   * The sites whose pages may use the edge, such as `https://app.example`, or `"*"` for every site. Requests of other sites
   * are refused (403), those without an `Origin` included, such as that for an image. So are requests whose `Host` is neither
   * an IP address nor `localhost` nor the host of one of these sites: a page of another site can let its own name point to
   * this machine.
   *
   * @default only pages that the host of the request itself has served
   */
  readonly origins?: readonly string[] | "*";
  /**
   * Upgrades a request to a WebSocket: `Deno.upgradeWebSocket` on Deno. Without it, upgrades are refused (426), and
   * the server of the program handles them with {@linkcode HttpEdge.admit}.
   *
   * @default none
   */
  readonly upgrade?: (request: Request) => UpgradedRequest;
  /**
   * How long a stream can be quiet before it gets a comment, in milliseconds. Proxies and servers end streams that are quiet
   * for too long: Bun after 10 seconds by default, nginx after 60.
   *
   * @default 15_000
   */
  readonly heartbeatMs?: number;
  /**
   * The largest body of a request to publish, in bytes. The hub's `maxFrameBytes` applies as well. All bodies that are on
   * their way take at most 64 MiB, or as much as the largest one: beyond that, the oldest of them is refused (503).
   *
   * @default 1_048_576
   */
  readonly maxBodyBytes?: number;
  /**
   * How long a client can take to send the body of a request to publish, in milliseconds. Later, the request is refused
   * (408). Deno's own server has no such limit.
   *
   * @default 60_000
   */
  readonly bodyTimeoutMs?: number;
  /**
   * Returns the numbers of the hub for `GET /metrics`, such as `prometheusText(hub.stats(), { format })`. `undefined`
   * refuses the request (403).
   *
   * @default none: there is no such path
   */
  readonly metrics?: (context: TContext, format: MetricsFormat) => string | undefined;
  /**
   * The path of the streams, and of the WebSocket, as it stands in a URL.
   *
   * @default "/events"
   */
  readonly eventsPath?: string;
  /**
   * The path to publish events to.
   *
   * @default "/publish"
   */
  readonly publishPath?: string;
  /**
   * The path of the numbers, if there are `metrics`.
   *
   * @default "/metrics"
   */
  readonly metricsPath?: string;
}

/** A request that may become a spoke. */
export interface Admission<TContext = unknown> {
  /** The context that `authenticate` has returned. */
  readonly context: TContext;
  /**
   * Adds the socket of the upgraded request as a spoke.
   *
   * @param socket The socket.
   * @returns The event target of this spoke alone.
   */
  accept(socket: WebSocketLike): SpokeEventTarget;
}

/** HTTP access to a hub. */
export interface HttpEdge<TContext = unknown> {
  /**
   * Answers a request. It needs no `this`, and never rejects.
   *
   * @param request The request.
   * @returns The answer: 404 for paths that are not those of the edge.
   */
  readonly fetch: (request: Request) => Promise<Response>;
  /**
   * Decides whether a request may be upgraded to a WebSocket, for servers whose upgrade is not a `Response`. Upgrade the
   * request in the turn in which the promise resolves, and pass the socket to `accept`.
   *
   * @param request The request.
   * @returns The admission, or the answer that refuses the request.
   */
  readonly admit: (request: Request) => Promise<Admission<TContext> | Response>;
}
