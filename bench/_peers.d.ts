// The part of some peers that the benches use. Their own types need those of Node, whose `Event` is not the one of Deno.

/** The engine of graphql-subscriptions. */
export class PubSub {
  /** Sends through an emitter of `node:events`. */
  constructor(options: { readonly eventEmitter: unknown });
  /** Sends a payload to all listeners of the trigger. */
  publish(trigger: string, payload: unknown): Promise<void>;
  /** The payloads of a trigger, from the first `next()` on. */
  asyncIterableIterator<T>(trigger: string): AsyncIterableIterator<T>;
}

/** One client of socket.io, as its server sees it. */
export interface Socket {
  /** Adds the client to a room. Resolves once the adapter knows. */
  join(room: string): void | Promise<void>;
  /** Sends to other clients than this one. */
  to(room: string): { emit(event: string, payload: unknown): boolean };
  /** Calls back with each event of the client. */
  on<T>(event: "event" | "subscribe", listener: (payload: T) => void): void;
  /** Sends to this client alone. */
  emit(event: string): boolean;
}

/** The server of socket.io. */
export class Server {
  /** Serves the upgrades of a server of `node:http`. */
  constructor(
    httpServer: unknown,
    options: { readonly transports: readonly "websocket"[]; readonly adapter?: unknown },
  );
  /** Calls back with each client. */
  on(event: "connection", listener: (socket: Socket) => void): this;
  /** Sends events to a room. */
  to(room: string): { emit(event: string, payload: unknown): boolean };
  /** Ends every connection, and the server. */
  close(): Promise<void>;
}

/** Carries the events of rooms to other servers of socket.io through Redis. */
export function createAdapter(
  publishClient: unknown,
  subscribeClient: unknown,
  options: { readonly key: string },
): unknown;

/** A client of crossws, as its server sees it. */
export interface CrosswsPeer {
  /** Subscribes the client to a topic. */
  subscribe(topic: string): void;
  /** Sends to this client alone. */
  send(data: string): void;
}

/** The server of crossws, on Deno. */
export default function createCrossws(options: {
  /** The seconds of silence after which a client is dropped; 0 for never. */
  readonly idleTimeout: number;
  readonly hooks: {
    /** Calls back with each client. */
    open(peer: CrosswsPeer): void;
    /** Calls back with each message of a client. */
    message(peer: CrosswsPeer, message: { text(): string }): void;
  };
}): {
  /** Upgrades a request to a WebSocket. */
  handleUpgrade(request: Request, info: Deno.ServeHandlerInfo): Promise<Response>;
  /** Sends to the subscribers of a topic. */
  publish(topic: string, data: string): void;
};

/** Connects to NATS. */
export function connect(options: { readonly servers: string }): Promise<{
  /** Calls back with each message of a subject. */
  subscribe(
    subject: string,
    options: { callback(error: Error | null, message: { json<T>(): T }): void },
  ): void;
  /** Sends a message. */
  publish(subject: string, data: string): void;
  /** Resolves when the server has received everything. */
  flush(): Promise<void>;
  /** Resolves when the connection has ended. */
  closed(): Promise<void | Error>;
}>;

/** The queue of IxJS. */
export class AsyncSink<T> implements AsyncIterable<T> {
  /** Queues a value. */
  write(value: T): void;
  /** The next value. */
  next(): Promise<IteratorResult<T, undefined>>;
  [Symbol.asyncIterator](): AsyncIterator<T, undefined>;
}

/** An operator of IxJS. */
export type IxOperator<T, U> = (source: AsyncIterable<T>) => IxIterable<U>;

/** Values, with operators. */
export interface IxIterable<T> extends AsyncIterable<T> {
  /** Composes operators. */
  pipe<U, V>(first: IxOperator<T, U>, second: IxOperator<U, V>): IxIterable<V>;
}

/** Adds operators to values. */
export function from<T>(source: AsyncIterable<T>): IxIterable<T>;

/** Keeps some values. */
export function filter<T>(predicate: (value: T) => boolean): IxOperator<T, T>;

/** Maps each value. */
export function map<T, U>(mapper: (value: T) => U): IxOperator<T, U>;
