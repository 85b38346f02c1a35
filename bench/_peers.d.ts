// The part of some peers that the benches use. Their own types bring those of Node along, whose `Event` is not Deno's.

/** The engine of graphql-subscriptions. */
export class PubSub {
  /** Sends through an emitter of `node:events`. */
  constructor(options: { readonly eventEmitter: unknown });
  /** Sends a payload to whoever listens to the trigger. */
  publish(trigger: string, payload: unknown): Promise<void>;
  /** The payloads of a trigger, from the first `next()` on. */
  asyncIterableIterator<T>(trigger: string): AsyncIterableIterator<T>;
}

/** One client of socket.io, as its server sees it. */
export interface Socket {
  /** Lets the client have what is sent to a room, here once its adapter knows. */
  join(room: string): void | Promise<void>;
  /** Where events go, to others than this client. */
  to(room: string): { emit(event: string, payload: unknown): boolean };
  /** Hears of what the client sends. */
  on<T>(event: "event", listener: (payload: T) => void): void;
  /** Sends to this client alone. */
  emit(event: string): boolean;
}

/** The server of socket.io. */
export class Server {
  /** Serves what a server of `node:http` upgrades. */
  constructor(
    httpServer: unknown,
    options: { readonly transports: readonly "websocket"[]; readonly adapter?: unknown },
  );
  /** Hears of each client. */
  on(event: "connection", listener: (socket: Socket) => void): this;
  /** Where events go. */
  to(room: string): { emit(event: string, payload: unknown): boolean };
  /** Ends every connection, and the server. */
  close(): Promise<void>;
}

/** Carries what is sent to rooms to other servers of socket.io, through Redis. */
export function createAdapter(
  publishClient: unknown,
  subscribeClient: unknown,
  options: { readonly key: string },
): unknown;

/** A client of crossws, as its server sees it. */
export interface CrosswsPeer {
  /** Lets the client have what is published on a topic. */
  subscribe(topic: string): void;
  /** Sends to this client alone. */
  send(data: string): void;
}

/** The server of crossws, on Deno. */
export default function createCrossws(options: {
  /** After how many quiet seconds a client is dropped; 0 for never. */
  readonly idleTimeout: number;
  readonly hooks: {
    /** Hears of each client. */
    open(peer: CrosswsPeer): void;
    /** Hears what each client sends. */
    message(peer: CrosswsPeer, message: { text(): string }): void;
  };
}): {
  /** Takes a request for a WebSocket. */
  handleUpgrade(request: Request, info: Deno.ServeHandlerInfo): Promise<Response>;
  /** Sends to whoever is subscribed to a topic. */
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
  /** Resolves when the server has had everything. */
  flush(): Promise<void>;
  /** Resolves when the connection has ended. */
  closed(): Promise<void | Error>;
}>;

/** The queue of IxJS: what is written is read from it. */
export class AsyncSink<T> implements AsyncIterable<T> {
  /** Queues a value. */
  write(value: T): void;
  /** The next value. */
  next(): Promise<IteratorResult<T, undefined>>;
  [Symbol.asyncIterator](): AsyncIterator<T, undefined>;
}

/** What an operator of IxJS makes of values. */
export type IxOperator<T, U> = (source: AsyncIterable<T>) => IxIterable<U>;

/** Values, with operators. */
export interface IxIterable<T> extends AsyncIterable<T> {
  /** Puts operators in a row. */
  pipe<U, V>(first: IxOperator<T, U>, second: IxOperator<U, V>): IxIterable<V>;
}

/** Gives values operators. */
export function from<T>(source: AsyncIterable<T>): IxIterable<T>;

/** Passes some values on. */
export function filter<T>(predicate: (value: T) => boolean): IxOperator<T, T>;

/** Passes what is made of each value on. */
export function map<T, U>(mapper: (value: T) => U): IxOperator<T, U>;
