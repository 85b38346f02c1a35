// wrangler dev
import { DurableObject } from "cloudflare:workers";
import { createPubSub, createWebSocketServerEventTarget } from "@alkdev/pubsub";
import type { Events } from "../events.ts";

/** A Durable Object that is a hub. It lives as long as it has spokes. */
export class Hub extends DurableObject {
  readonly #hub = createWebSocketServerEventTarget();
  readonly #pubsub = createPubSub<Events>({ eventTarget: this.#hub });

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#pubsub.on(
      "spoke.joined",
      ({ id }) => this.#pubsub.publish("spoke.welcomed", id, { by: "the hub" }),
    );
  }

  override fetch(): Response {
    if (!this.#hub.accepts()) return new Response(null, { status: 503 });
    const { 0: client, 1: server } = new WebSocketPair();
    server.accept();
    // Cast: a socket of Cloudflare has this member, and its types have not.
    this.#hub.addConnection(server as WebSocket & { readonly bufferedAmount: number });
    return new Response(null, { status: 101, webSocket: client });
  }
}

interface Env {
  readonly HUB: DurableObjectNamespace<Hub>;
}

export default {
  fetch(request, { HUB }) {
    if (request.headers.get("upgrade") !== "websocket") {
      return new Response("Hello\n");
    }
    return HUB.get(HUB.idFromName("the hub")).fetch(request);
  },
} satisfies ExportedHandler<Env>;
