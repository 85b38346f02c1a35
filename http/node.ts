import type { WebSocketLike } from "../mod.ts";
import { refuse } from "./answers.ts";
import type { HttpEdge } from "./types.ts";

/** How long a client can take to read the rest of an answer that has ended, in milliseconds. */
const END_DEADLINE_MS = 1000;

/** A request of `node:http`, as far as it is used here. */
export interface NodeRequest extends AsyncIterable<Uint8Array> {
  /** The method. */
  readonly method?: string | undefined;
  /** The path and the query. */
  readonly url?: string | undefined;
  /** The headers, by their names in lower case. */
  readonly headers: { readonly [name: string]: string | string[] | undefined };
  /** The connection. */
  readonly socket?: {
    /** Calls back each time. */
    on(event: "close", listener: () => void): unknown;
  };
}

/** A response of `node:http`, as far as it is used here. */
export interface NodeResponse {
  /** Sends the status and the headers. */
  writeHead(status: number, headers: Record<string, string>): { flushHeaders(): void };
  /** Sends a part of the body. Returns whether more can be sent at once. */
  write(chunk: Uint8Array): boolean;
  /** Ends the body. */
  end(): unknown;
  /** Ends the connection. */
  destroy(): unknown;
  /** Calls back each time. */
  on(event: "drain" | "close", listener: () => void): unknown;
}

/** A socket of a request that asks for an upgrade, as far as it is used here. */
export interface NodeSocket {
  /** Sends the rest, ends, and calls back when everything has been sent. */
  end(text: string, callback: () => void): unknown;
  /** Ends the connection. */
  destroy(): unknown;
  /** Calls back each time. */
  on(event: "error", listener: () => void): unknown;
}

/** A `WebSocketServer` of `npm:ws` that was made with `noServer: true`, as far as it is used here. */
export interface NodeWebSocketServer {
  /** Upgrades a request. */
  handleUpgrade(
    request: NodeRequest,
    socket: NodeSocket,
    head: Uint8Array,
    callback: (socket: WebSocketLike) => void,
  ): void;
}

/** The listeners of a server of `node:http`. */
export interface NodeListeners {
  /** Listens to `request`. */
  readonly onRequest: (request: NodeRequest, response: NodeResponse) => void;
  /**
   * Listens to `upgrade`. Some clients, such as that of Java, offer `h2c` with each request. From Node 22 on, Node handles
   * those as requests without an upgrade if the server has
   * `shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === "websocket"`.
   */
  readonly onUpgrade: (request: NodeRequest, socket: NodeSocket, head: Uint8Array) => void;
}

/**
 * Creates the listeners with which a server of `node:http` serves an edge, on Node, Bun or Deno.
 *
 * Requests that offer another protocol, such as `Upgrade: h2c` of Java's client, are refused (426). For such clients, create
 * the server with the option `shouldUpgradeCallback: ({ headers }) => headers.upgrade === "websocket"`: the requests are then
 * answered like others. Node 20 lacks this option.
 *
 * @example Serve a hub on Node
 * ```ts ignore
 * import { createServer } from "node:http";
 * import { createWebSocketServerEventTarget } from "@alkdev/pubsub";
 * import { createHttpEdge, createNodeListeners } from "@alkdev/pubsub/http";
 * import { WebSocketServer } from "ws";
 *
 * const hub = createWebSocketServerEventTarget();
 * const webSockets = new WebSocketServer({ noServer: true, maxPayload: 1_048_576 });
 * const { onRequest, onUpgrade } = createNodeListeners(createHttpEdge(hub), webSockets);
 * createServer(onRequest).on("upgrade", onUpgrade).listen(8787, "127.0.0.1");
 * ```
 *
 * @param edge The edge, or an object with its two functions.
 * @param webSockets Upgrades requests. Without it, upgrades are refused.
 * @returns The listeners.
 * @throws {TypeError} If the edge lacks one of its functions.
 */
export function createNodeListeners<TContext>(
  { fetch, admit }: HttpEdge<TContext>,
  webSockets?: NodeWebSocketServer,
): NodeListeners {
  if (typeof fetch !== "function" || typeof admit !== "function") {
    throw new TypeError("Cannot listen without an edge: pass what createHttpEdge() returned");
  }
  return {
    onRequest(request, response) {
      void answer(request, response, fetch).catch(() => response.destroy());
    },
    onUpgrade(request, socket, head) {
      // The peer may leave while its context is looked up.
      socket.on("error", () => socket.destroy());
      void upgrade(request, socket, head, admit, webSockets).catch(() => socket.destroy());
    },
  };
}

async function upgrade<TContext>(
  request: NodeRequest,
  socket: NodeSocket,
  head: Uint8Array,
  admit: HttpEdge<TContext>["admit"],
  webSockets: NodeWebSocketServer | undefined,
): Promise<void> {
  const web = toRequest(request);
  const admission = web === undefined || webSockets === undefined ? badRequest() : await admit(web);
  if (admission instanceof Response) {
    // The client may keep its half open.
    socket.end(await statusText(admission), () => socket.destroy());
  } else webSockets?.handleUpgrade(request, socket, head, (webSocket) => void admission.accept(webSocket));
}

async function answer(
  request: NodeRequest,
  response: NodeResponse,
  fetch: HttpEdge["fetch"],
): Promise<void> {
  const left = new AbortController();
  let onClose = (): void => {};
  const end = (): void => {
    open?.delete(end);
    left.abort();
    onClose();
  };
  const open = openOn(request.socket)?.add(end);
  response.on("close", end);
  const web = toRequest(request, left.signal);
  const { status, headers, body } = web === undefined ? badRequest() : await fetch(web);
  if (left.signal.aborted) return body?.cancel();
  response.writeHead(status, Object.fromEntries(headers)).flushHeaders();
  const reader = body?.getReader();
  onClose = () => void reader?.cancel().catch(() => {});
  if (reader !== undefined) await send(reader, response);
  response.end();
  if (left.signal.aborted) return;
  // The client may not read.
  const deadline = setTimeout(() => response.destroy(), END_DEADLINE_MS);
  onClose = () => clearTimeout(deadline);
}

/** The answers that are open on each connection. */
const answers = new WeakMap<object, Set<() => void>>();

/** Not each response that waits for an earlier one is closed with its connection: some runtimes forget them. */
function openOn(socket: NodeRequest["socket"]): Set<() => void> | undefined {
  if (socket === undefined) return undefined;
  const known = answers.get(socket);
  if (known !== undefined) return known;
  const open = new Set<() => void>();
  answers.set(socket, open);
  socket.on("close", () => {
    for (const end of open) end();
  });
  return open;
}

/** Sends a body, until it ends. */
async function send(reader: ReadableStreamDefaultReader<Uint8Array>, response: NodeResponse): Promise<void> {
  let isEnded = false;
  let onReady = (): void => {};
  response.on("drain", () => onReady());
  // The body can end, by the client or by the hub, while the client does not read.
  void reader.closed.catch(() => {}).then(() => {
    isEnded = true;
    onReady();
  });
  for (let next = await reader.read(); next.value !== undefined; next = await reader.read()) {
    if (!response.write(next.value) && !isEnded) await new Promise<void>((resolve) => onReady = resolve);
  }
}

/** A request as `fetch` has it. Returns `undefined` for one that `fetch` cannot express, such as `TRACE`. */
function toRequest(request: NodeRequest, signal?: AbortSignal): Request | undefined {
  const { method = "GET", url = "/", headers } = request;
  const host = headers["host"]?.toString() ?? "localhost";
  // Otherwise a part of it would be a user, or a part of the path.
  if (/[@/\\?#]/.test(host)) return undefined;
  const address = `http://${host}${url.startsWith("/") ? url : "/"}`;
  const entries = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, typeof value === "string" ? value : value.join(", ")]]
  );
  const hasBody = method !== "GET" && method !== "HEAD";
  try {
    return new Request(address, {
      method,
      headers: entries,
      signal: signal ?? null,
      // Cast: `duplex` is not in every library of types.
      ...(hasBody && { body: streamOf(request), duplex: "half" } as RequestInit),
    });
  } catch {
    return undefined;
  }
}

function streamOf(request: NodeRequest): ReadableStream<Uint8Array> {
  const chunks = request[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await chunks.return?.();
    },
  });
}

function badRequest(): Response {
  return refuse(400, "the request cannot be served here");
}

/** An answer before an upgrade, as text. */
async function statusText(response: Response): Promise<string> {
  const body = await response.text();
  const headers = [...response.headers, ["content-length", String(new TextEncoder().encode(body).length)]];
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `HTTP/1.1 ${response.status} \r\nconnection: close\r\n${lines}\r\n${body}`;
}
