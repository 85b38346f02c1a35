/** The types of `npm:ws` that the program needs: those of its own package change the types of Deno. */
import type { NodeWebSocketServer } from "@alkdev/pubsub/http";

export interface WebSocketServerOptions {
  readonly noServer: true;
  readonly clientTracking: boolean;
  readonly maxPayload: number;
  readonly perMessageDeflate: boolean;
}

export interface WebSocketServer extends NodeWebSocketServer {}

export const WebSocketServer: new (options: WebSocketServerOptions) => WebSocketServer;
