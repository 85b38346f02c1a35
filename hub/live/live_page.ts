import { createWebSocketServerEventTarget, type SpokeEventTarget } from "@alkdev/pubsub";
import { createHttpEdge, createNodeListeners } from "@alkdev/pubsub/http";
// @ts-types="../ws.d.ts"
import { WebSocketServer } from "ws";
import { listen } from "../server.ts";
import type { ShownHub } from "./observed.ts";
import { type Assets, PageToken, withPage } from "./serve_page.ts";
import { takeSnapshot } from "./snapshot.ts";
import { Tap } from "./tap.ts";
import { TopicCounts } from "./topic_counts.ts";

const INTERVAL_MS = 1000;

/** More than a person opens. */
const MAX_PAGES = 32;
const MAX_PAGE_FRAME_BYTES = 65_536;

/** A page that is served. */
export interface LivePage {
  /** The link to open, with its token. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves the live page: files, and a hub of its own of which each open page is a spoke. While no page is open, nothing of
 * the shown hub is read.
 */
export async function startLivePage(
  shown: ShownHub,
  assets: Assets,
  hostname: string,
  port: number,
  tokenText?: string,
): Promise<LivePage> {
  const token = new PageToken(tokenText);
  const taps = new Map<SpokeEventTarget, Tap>();
  let timer: ReturnType<typeof setInterval> | undefined;
  let counts: TopicCounts | undefined;
  const hub = createWebSocketServerEventTarget({
    maxConnections: MAX_PAGES,
    maxFrameBytes: MAX_PAGE_FRAME_BYTES,
    maxEventsPerSecond: 20,
    dropsSilentPeers: true,
    authorize: ({ action, type }) =>
      action === "publish" ? type === "tap" : type === "snapshot" || type === "tapped",
    onConnection(spoke) {
      if (shown.isOwnBus) counts ??= new TopicCounts(shown.bus);
      timer ??= setInterval(publishSnapshot, INTERVAL_MS);
      spoke.listen("tap", undefined, { onEvent: ({ payload }) => tap(spoke, payload) });
      // At once, so that nobody looks at an empty page.
      spoke.publish({ type: "snapshot", id: "", payload: takeSnapshot(shown, counts) });
    },
    onDisconnection(spoke) {
      tap(spoke, null);
      if (hub.connectionCount > 0) return;
      clearInterval(timer);
      timer = undefined;
      counts?.stop();
      counts = undefined;
    },
  });

  function publishSnapshot(): void {
    hub.publish({ type: "snapshot", id: "", payload: takeSnapshot(shown, counts) });
  }

  function tap(spoke: SpokeEventTarget, topic: unknown): void {
    taps.get(spoke)?.stop();
    taps.delete(spoke);
    if (typeof topic !== "string") return;
    try {
      taps.set(
        spoke,
        new Tap(shown.bus, topic, (payload) => spoke.publish({ type: "tapped", id: "", payload })),
      );
    } catch {
      // What a person has typed is no topic: nothing is heard.
    }
  }

  const edge = createHttpEdge(hub, {
    authenticate: (request) => token.isIn(request.headers.get("cookie")) && { isPage: true },
    publishPath: "/events",
  });
  const webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_PAGE_FRAME_BYTES,
    perMessageDeflate: false,
  });
  const server = await listen(hostname, port, withPage(createNodeListeners(edge, webSockets), token, assets));
  return {
    url: `${server.url}/?token=${token.text}`,
    async close() {
      await hub.close();
      await server.close();
    },
  };
}
