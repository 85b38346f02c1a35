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
  /** Lets the client have what is sent to a room. */
  join(room: string): void;
  /** Hears of what the client sends. */
  on<T>(event: "event", listener: (payload: T) => void): void;
  /** Sends to this client alone. */
  emit(event: string): boolean;
}

/** The server of socket.io. */
export class Server {
  /** Serves what a server of `node:http` upgrades. */
  constructor(httpServer: unknown, options: { readonly transports: readonly "websocket"[] });
  /** Hears of each client. */
  on(event: "connection", listener: (socket: Socket) => void): this;
  /** Where events go. */
  to(room: string): { emit(event: string, payload: unknown): boolean };
  /** Ends every connection, and the server. */
  close(): Promise<void>;
}

/** The server of ws. */
export class WebSocketServer {
  /** Serves what a server of `node:http` upgrades. */
  constructor(options: { readonly server: unknown });
  /** Hears of each client. */
  on(event: "connection", listener: (socket: { send(data: string): void }) => void): this;
}

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
