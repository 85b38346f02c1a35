import type { NodeListeners } from "@alkdev/pubsub/http";

/** Answers `/healthz` and `/readyz` before anything else, for a supervisor or a balancer that has no token. */
export function withHealth({ onRequest, onUpgrade }: NodeListeners, isReady: () => boolean): NodeListeners {
  return {
    onUpgrade,
    onRequest(request, response) {
      const path = request.url?.split("?")[0];
      if (path !== "/healthz" && path !== "/readyz") return onRequest(request, response);
      const isFine = path === "/healthz" || isReady();
      response.writeHead(isFine ? 200 : 503, { "content-type": "text/plain", "cache-control": "no-store" });
      response.write(new TextEncoder().encode(isFine ? "ok\n" : "not ready\n"));
      response.end();
    },
  };
}
