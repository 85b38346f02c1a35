import type { Admission, HttpEdge, HttpEdgeHub, HttpEdgeOptions, UpgradedRequest } from "./types.ts";
import { refuse } from "./answers.ts";
import { BodyFault, BodyReader } from "./body_reader.ts";
import { EventStream } from "./event_stream.ts";
import { Heartbeat } from "./heartbeat.ts";
import { answerMetrics } from "./metrics.ts";
import { PublishRequest, readEnvelopes } from "./publish_request.ts";
import type { RequestSocket } from "./request_socket.ts";
import { SiteRules } from "./site.ts";

const DEFAULT_HEARTBEAT_MS = 15_000;
const DEFAULT_MAX_BODY_BYTES = 1024 * 1024;
const DEFAULT_BODY_TIMEOUT_MS = 60_000;

/** The longest time that a timer can wait, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The time after which an answer is late, in milliseconds. */
const LATE_MS = 500;

/** The code with which a client ends a spoke by leaving. */
const LEFT = 1001;

/** A request as a spoke. */
interface RequestSpoke {
  readonly socket: RequestSocket;
  readonly response: Promise<Response>;
  start(): void;
}

/** HTTP access to one hub. */
export class Edge<TContext> implements HttpEdge<TContext> {
  readonly fetch = (request: Request): Promise<Response> => this.#safely(() => this.#answer(request));
  readonly admit = (request: Request): Promise<Admission<TContext> | Response> =>
    this.#safely(() => this.#admit(request));
  readonly #hub: HttpEdgeHub<TContext>;
  readonly #options: HttpEdgeOptions<TContext>;
  readonly #rules: SiteRules;
  readonly #heartbeat: Heartbeat;
  readonly #eventsPath: string;
  readonly #publishPath: string;
  /** The paths that it answers. */
  readonly #paths: readonly string[];
  readonly #bodies: BodyReader;

  constructor(hub: HttpEdgeHub<TContext>, options: HttpEdgeOptions<TContext>) {
    if (typeof hub?.accepts !== "function") throw new TypeError("Cannot create an HTTP edge without a hub");
    const { eventsPath = "/events", publishPath = "/publish", metricsPath = "/metrics" } = options;
    const { heartbeatMs = DEFAULT_HEARTBEAT_MS, maxBodyBytes = DEFAULT_MAX_BODY_BYTES, metrics } = options;
    const { bodyTimeoutMs = DEFAULT_BODY_TIMEOUT_MS } = options;
    assertWithin("heartbeatMs", heartbeatMs, MAX_TIMER_MS);
    assertWithin("maxBodyBytes", maxBodyBytes, Infinity);
    assertWithin("bodyTimeoutMs", bodyTimeoutMs, MAX_TIMER_MS);
    this.#bodies = new BodyReader(maxBodyBytes, bodyTimeoutMs);
    this.#hub = hub;
    this.#options = options;
    this.#rules = new SiteRules(options.origins);
    this.#heartbeat = new Heartbeat(heartbeatMs);
    this.#eventsPath = eventsPath;
    this.#publishPath = publishPath;
    this.#paths = [eventsPath, publishPath, ...metrics === undefined ? [] : [metricsPath]];
    for (const path of this.#paths) assertPath(path);
  }

  /** Answers a request at which a function of the program throws. */
  async #safely<T>(answer: () => Promise<T>): Promise<T | Response> {
    try {
      return await answer();
    } catch (error) {
      this.#hub.report?.("connect", error);
      return refuse(500, "the server has failed");
    }
  }

  async #answer(request: Request): Promise<Response> {
    // The server takes the Host from the client.
    if (!URL.canParse(request.url)) return refuse(400, "the request cannot be served here");
    const { pathname } = new URL(request.url);
    if (!this.#paths.includes(pathname)) return refuse(404, "not found");
    const fault = this.#rules.faultOf(request);
    if (fault !== undefined) return refuse(403, fault);
    if (request.method === "OPTIONS") return this.#rules.complete(request, this.#rules.preflight());
    if (isUpgrade(request)) return await this.#upgrade(request);
    return this.#rules.complete(request, await this.#answerAt(pathname, request));
  }

  async #answerAt(pathname: string, request: Request): Promise<Response> {
    if (pathname === this.#eventsPath) return await this.#stream(request);
    if (pathname === this.#publishPath) return await this.#publish(request);
    const { metrics } = this.#options;
    if (request.method !== "GET" || metrics === undefined) {
      return notAllowed("GET", "numbers are there to GET");
    }
    // A hub that is full can be asked as well.
    const context = await this.#contextOf(request);
    return context instanceof Response ? context : answerMetrics(request, context, metrics);
  }

  async #admit(request: Request): Promise<Admission<TContext> | Response> {
    const fault = this.#rules.faultOf(request);
    if (fault !== undefined) return refuse(403, fault);
    if (!isUpgrade(request)) return refuse(426, "this is not an upgrade to a WebSocket");
    if (new URL(request.url).pathname !== this.#eventsPath) return refuse(404, "not found");
    return await this.#authenticate(request);
  }

  async #upgrade(request: Request): Promise<Response> {
    const { upgrade } = this.#options;
    const admission = await this.#admit(request);
    if (admission instanceof Response) return admission;
    if (upgrade === undefined) return refuse(426, "this server does not upgrade to a WebSocket");
    let upgraded: UpgradedRequest;
    try {
      upgraded = upgrade(request);
    } catch (error) {
      // Such as a request without a key.
      return refuse(400, messageOf(error));
    }
    admission.accept(upgraded.socket);
    return upgraded.response;
  }

  async #stream(request: Request): Promise<Response> {
    if (request.method !== "GET") return notAllowed("GET", "streams of events are there to GET");
    const topics = new Set(new URL(request.url).searchParams.getAll("topic"));
    if (topics.size === 0) return refuse(400, "name a topic: ?topic=type:id&topic=type");
    const admission = await this.#authenticate(request);
    if (admission instanceof Response) return admission;
    try {
      const stream = new EventStream(request, topics);
      const response = await this.#connect(stream, admission, request);
      this.#heartbeat.add(stream);
      return response;
    } catch (error) {
      return refuse(400, messageOf(error));
    }
  }

  async #publish(request: Request): Promise<Response> {
    if (request.method !== "POST") return notAllowed("POST", "events are published by POST");
    const encoding = request.headers.get("content-encoding") ?? "identity";
    if (encoding !== "identity") return refuse(415, `a body is not encoded, and this one is: ${encoding}`);
    const admission = await this.#authenticate(request);
    if (admission instanceof Response) return admission;
    try {
      const body = await this.#bodies.read(request);
      if (body instanceof BodyFault) return refuse(body.status, body.reason);
      const publish = new PublishRequest(request, readEnvelopes(body));
      return this.#hub.accepts() ? await this.#connect(publish, admission, request) : busy();
    } catch (error) {
      return refuse(400, messageOf(error));
    }
  }

  /** Makes a request a spoke of the hub, and waits for its answer. */
  async #connect(
    spoke: RequestSpoke,
    admission: Admission<TContext>,
    request: Request,
  ): Promise<Response> {
    admission.accept(spoke.socket);
    const onLeft = (): void => spoke.socket.close(LEFT);
    let signal: AbortSignal | undefined;
    // The answer can wait for the upstream of the hub, or for a decision of the program. Deno prints a notice if a program
    // looks at the signal, so that this is for late answers alone.
    const timer = setTimeout(() => {
      signal = request.signal;
      signal.addEventListener("abort", onLeft);
      if (signal.aborted) onLeft();
    }, LATE_MS);
    try {
      spoke.start();
      return await spoke.response;
    } catch (error) {
      spoke.socket.end(1000);
      throw error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onLeft);
    }
  }

  /** Last before the request becomes a spoke: many requests can wait for their context at the same time. */
  async #authenticate(request: Request): Promise<Admission<TContext> | Response> {
    const context = await this.#contextOf(request);
    if (context instanceof Response) return context;
    if (!this.#hub.accepts()) return busy();
    return { context, accept: (socket) => this.#hub.addConnection(socket, { context }) };
  }

  async #contextOf(request: Request): Promise<TContext | Response> {
    const { authenticate } = this.#options;
    // Cast: without `authenticate`, the type of the context includes `undefined`.
    if (authenticate === undefined) return undefined as TContext;
    try {
      const answer = await authenticate(request);
      return answer === undefined || answer === null || answer === false ? unauthorized() : answer;
    } catch {
      return unauthorized();
    }
  }
}

function assertWithin(name: string, value: number, max: number): void {
  if (value >= 1 && value <= max) return;
  throw new RangeError(
    `Cannot use ${value} as ${name}: it must be at least 1${max < Infinity ? `, and at most ${max}` : ""}`,
  );
}

/** No request has a path of another form. */
function assertPath(path: string): void {
  const url = `http://localhost${path}`;
  if (URL.canParse(url) && new URL(url).pathname === path) return;
  throw new TypeError(
    `Cannot use ${JSON.stringify(path)} as a path: write it as it stands in a URL, such as /events`,
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function isUpgrade(request: Request): boolean {
  return request.headers.get("upgrade")?.toLowerCase() === "websocket";
}

function notAllowed(allowed: string, error: string): Response {
  const response = refuse(405, error);
  response.headers.set("allow", allowed);
  return response;
}

function busy(): Response {
  return refuse(503, "the hub accepts no further connection");
}

function unauthorized(): Response {
  const response = refuse(401, "not authenticated");
  response.headers.set("www-authenticate", "Bearer");
  return response;
}
