/**
 * The shape of the clients that the Redis event target accepts, and their errors: `Redis` and `Cluster` of ioredis 5
 * and 6, and of iovalkey. Neither package is imported.
 */

/** The part of Node's `Buffer` that is used. Its own type would require the types of Node from every user. */
export interface ClientBytes extends Uint8Array {
  /** Decodes the bytes from `start` to `end` as UTF-8. */
  toString(encoding?: "utf8", start?: number, end?: number): string;
}

/** A pipeline, which sends its commands at once. */
export interface RedisPipeline {
  /** Sends the commands. Resolves with an error or a reply for each command, in order. */
  exec(): Promise<unknown>;
}

/**
 * A listener of a client's event. This is the type of a method, whose parameters may be narrower: they differ from
 * event to event and from package to package.
 */
export type RedisListener = { listener(...args: unknown[]): void }["listener"];

/** The part of a `Redis` or a `Cluster` that the event target uses. */
export interface RedisClient {
  /** State of the connection: `ready`, `wait`, `connecting`, `reconnecting`, `close`, `end` and others. */
  readonly status: string;
  /** Connects a client whose status is `wait`. */
  connect(): Promise<unknown>;
  /** Sends `PING`, which is allowed on a subscribed connection too. */
  ping(): Promise<unknown>;
  /** Sends `PUBLISH`. */
  publish(channel: string, message: string | Uint8Array): Promise<unknown>;
  /** Sends `SPUBLISH`, which requires Redis 7. */
  spublish(channel: string, message: string | Uint8Array): Promise<unknown>;
  /** Sends `SUBSCRIBE`. */
  subscribe(channel: string): Promise<unknown>;
  /** Sends `UNSUBSCRIBE`. */
  unsubscribe(channel: string): Promise<unknown>;
  /** Sends `PSUBSCRIBE`. */
  psubscribe(pattern: string): Promise<unknown>;
  /** Sends `PUNSUBSCRIBE`. */
  punsubscribe(pattern: string): Promise<unknown>;
  /** Sends `SSUBSCRIBE`, which requires Redis 7. */
  ssubscribe(channel: string): Promise<unknown>;
  /** Sends `SUNSUBSCRIBE`, which requires Redis 7. */
  sunsubscribe(channel: string): Promise<unknown>;
  /** Puts several commands into one pipeline. */
  pipeline(commands: unknown[][]): RedisPipeline;
  /** Sends `EVALSHA`. A history sends a script in a pipeline without it. */
  evalsha?(sha: string, ...args: (string | number)[]): Promise<unknown>;
  /** Adds a listener of messages or of status changes. */
  on(event: string, listener: RedisListener): unknown;
  /** Removes a listener. */
  off(event: string, listener: RedisListener): unknown;
}

/** The options of a client that decide how it is used. A client may hide any of them. */
export interface RedisClientOptions {
  /** Whether the client itself subscribes again after a loss. */
  autoResubscribe?: boolean;
  /** Whether the client sends unanswered commands again after a loss. */
  readonly autoResendUnfulfilledCommands?: unknown;
  /** Whether the client itself puts commands into pipelines. */
  readonly enableAutoPipelining?: unknown;
  /** The path of the server's socket, instead of a host and a port. */
  readonly path?: unknown;
  readonly host?: unknown;
  readonly port?: unknown;
  /** The Sentinels that know the server, instead of its address, and its name among them. */
  readonly sentinels?: unknown;
  readonly name?: unknown;
  /** The prefix that the client adds to keys, and to sharded channels. */
  readonly keyPrefix?: unknown;
  /** 3 for RESP3, which allows a subscribed connection to publish. */
  readonly protocol?: unknown;
  /** Whether a `Cluster` connects to every shard to subscribe. */
  readonly shardedSubscribers?: unknown;
}

/** One node of a `Cluster`. */
export interface RedisNode extends RedisClient {
  readonly options: { readonly host?: string | undefined; readonly port?: number | undefined };
  /** Creates another connection to the node, which the event target must disconnect. */
  duplicate(options: object): RedisNode;
  disconnect(): void;
}

/** The part of a `Cluster` that is used beyond {@linkcode RedisClient}. */
export interface RedisCluster extends RedisClient {
  /** The nodes that are known now. */
  nodes(role: "master"): RedisNode[];
  /** The addresses of the nodes of each slot, the master first. */
  readonly slots: readonly (readonly string[] | undefined)[];
}

export function isCluster(client: RedisClient): client is RedisCluster {
  return "isCluster" in client && client.isCluster === true;
}

/** The client's own options object, or an empty one if the client hides it. */
export function optionsOf(client: RedisClient): RedisClientOptions {
  // Each package has a type of its own for them, and none has all of these members.
  return (client as { readonly options?: RedisClientOptions }).options ?? {};
}

/** The address of a client's server, for reports, unless the client hides it or is a `Cluster`. */
export function peerOf(client: RedisClient): string | undefined {
  const { path, host, port, sentinels, name } = optionsOf(client);
  // The client has a default host nevertheless.
  if (Array.isArray(sentinels)) return `${name} of the Sentinels`;
  return typeof path === "string" ? path : typeof host === "string" ? `${host}:${port}` : undefined;
}

/** The host and the port of a node, as in {@linkcode RedisCluster.slots}. */
export function addressOf({ options: { host, port } }: RedisNode): string {
  return `${host}:${port}`;
}

/** Adds listeners to a client until the returned function is called. */
export function listenTo(client: RedisClient, listeners: Record<string, RedisListener>): () => void {
  const entries = Object.entries(listeners);
  for (const [event, listener] of entries) client.on(event, listener);
  return () => {
    for (const [event, listener] of entries) client.off(event, listener);
  };
}

/** Error codes of passing conditions. Any other refusal will be the same the next time. */
const PASSING = /^(LOADING|BUSY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|READONLY|UNBLOCKED)\b/;

/** Error codes of a server that takes no writes now. */
const NO_WRITES = /^(READONLY|NOREPLICAS|MISCONF|OOM)\b/;

/** Whether a server takes no writes now: a replica, one that lacks replicas, or one whose disk or memory is full. */
export function takesNoWrites(error: unknown): error is Error {
  return error instanceof Error && NO_WRITES.test(error.message);
}

/** Whether a server refused a command for good, as an ACL does. */
export function isRefusal(error: unknown): error is Error {
  return error instanceof Error && error.name === "ReplyError" && !PASSING.test(error.message);
}

/** Returns the error of a publish, with advice where ioredis gives none. */
export function withAdvice(error: unknown): unknown {
  if (!(error instanceof Error) || !error.message.startsWith("Connection in subscriber mode")) return error;
  const message = "Cannot publish on a subscribed connection: pass a separate publishClient";
  return new Error(message, { cause: error });
}
