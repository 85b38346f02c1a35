/**
 * The clients that the Redis event target takes, by their shape: `Redis` and `Cluster` of ioredis 5 and 6, and of
 * iovalkey. Nothing of these packages is imported.
 */

/** A pipeline, which sends its commands at once. */
export interface RedisPipeline {
  /** Sends them; resolves with an error or a reply for each, in order. */
  exec(): Promise<unknown>;
}

/**
 * What hears an event of a client. It is the type of a method, of which parameters may be narrower: each event has its
 * own, and so does each package.
 */
export type RedisListener = { hear(...args: unknown[]): void }["hear"];

/** What the event target uses of a `Redis` or a `Cluster`. */
export interface RedisClient {
  /** Where the connection stands: `ready`, or one of `wait`, `connecting`, `reconnecting`, `close`, `end` and more. */
  readonly status: string;
  /** Connects a client in the status `wait`. */
  connect(): Promise<unknown>;
  /** `PING`, on a subscribed connection too. */
  ping(): Promise<unknown>;
  /** `PUBLISH`. */
  publish(channel: string, message: string | Uint8Array): Promise<unknown>;
  /** `SPUBLISH`, which takes Redis 7. */
  spublish(channel: string, message: string | Uint8Array): Promise<unknown>;
  /** `SUBSCRIBE`. */
  subscribe(channel: string): Promise<unknown>;
  /** `UNSUBSCRIBE`. */
  unsubscribe(channel: string): Promise<unknown>;
  /** `PSUBSCRIBE`. */
  psubscribe(pattern: string): Promise<unknown>;
  /** `PUNSUBSCRIBE`. */
  punsubscribe(pattern: string): Promise<unknown>;
  /** `SSUBSCRIBE`, which takes Redis 7. */
  ssubscribe(channel: string): Promise<unknown>;
  /** `SUNSUBSCRIBE`, which takes Redis 7. */
  sunsubscribe(channel: string): Promise<unknown>;
  /** Several commands, to be sent at once. */
  pipeline(commands: unknown[][]): RedisPipeline;
  /** Starts to hear messages and changes of the status. */
  on(event: string, listener: RedisListener): unknown;
  /** Stops to hear them. */
  off(event: string, listener: RedisListener): unknown;
}

/** The options of a client that decide how it is used; all of them may be hidden. */
export interface RedisClientOptions {
  /** Whether the client subscribes again by itself after a loss. */
  autoResubscribe?: boolean;
  /** Whether the client sends again, after a loss, what was not answered. */
  readonly autoResendUnfulfilledCommands?: unknown;
  /** Whether the client puts commands into pipelines by itself. */
  readonly enableAutoPipelining?: unknown;
  /** What the client puts before keys, and before sharded channels. */
  readonly keyPrefix?: unknown;
  /** 3 for RESP3, with which a subscribed connection may publish. */
  readonly protocol?: unknown;
  /** Whether a `Cluster` connects to every shard to subscribe. */
  readonly shardedSubscribers?: unknown;
}

/** One node of a `Cluster`. */
export interface RedisNode extends RedisClient {
  /** Where the node is. */
  readonly options: { readonly host?: string | undefined; readonly port?: number | undefined };
  /** Makes another connection to the node. */
  duplicate(options: object): OwnConnection;
}

/** A connection that the event target has made for itself, and therefore ends. */
export interface OwnConnection extends RedisClient {
  /** Ends the connection. */
  disconnect(): void;
}

/** What is used of a `Cluster` beyond a {@linkcode RedisClient}. */
export interface RedisCluster extends RedisClient {
  /** The nodes that are known now. */
  nodes(role: "master"): RedisNode[];
  /** The nodes of each slot, by host and port; the master comes first. */
  readonly slots: readonly (readonly string[] | undefined)[];
}

/**
 * Whether a client is a `Cluster`.
 *
 * @param client The client.
 * @returns Whether it has nodes.
 */
export function isCluster(client: RedisClient): client is RedisCluster {
  return (client as Partial<RedisCluster & { isCluster: unknown }>).isCluster === true;
}

/**
 * The options of a client, where it shows them.
 *
 * @param client The client.
 * @returns Its options, the same object.
 */
export function optionsOf(client: RedisClient): RedisClientOptions {
  return (client as { readonly options?: RedisClientOptions }).options ?? {};
}

/**
 * Where a node is, as one string.
 *
 * @param node The node.
 * @returns Its host and port.
 */
export function addressOf({ options: { host, port } }: RedisNode): string {
  return `${host}:${port}`;
}
