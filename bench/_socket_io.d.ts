// The part of socket.io that the benches use. Its own types bring those of Node along, whose `Event` is not Deno's.

/** One client, as the server sees it. */
export interface Socket {
  /** Lets the client have what is sent to a room. */
  join(room: string): void;
}

/** The server. */
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
