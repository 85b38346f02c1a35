import { createWebSocketServerEventTarget, type SpokeEventTarget } from "@alkdev/pubsub";
import { createHttpEdge, createNodeListeners } from "@alkdev/pubsub/http";
// @ts-types="../ws.d.ts"
import { WebSocketServer } from "ws";
import { listen } from "../server.ts";
import type { ShownHub } from "./observed.ts";
import { PageSession } from "./page_session.ts";
import { readHub } from "./read_hub.ts";
import { takeRows } from "./rows.ts";
import { type Assets, PageToken, withPage } from "./serve_page.ts";
import { TopicCounts } from "./topic_counts.ts";

const INTERVAL_MS = 1000;

/** The share of its time that the hub reads spokes and topics for the page: the more there are, the more rarely. */
const MAX_SHARE = 0.005;

/** The most between two looks at them: other programs may have made one take long. */
const MAX_ROWS_INTERVAL_MS = 10_000;

/** More than a person opens. */
const MAX_PAGES = 32;
const MAX_PAGE_FRAME_BYTES = 65_536;

/** The types of the events that a page receives. */
const HEARD = ["snapshot", "rows", "tapped", "outcome"];

/** A page that is served. */
export interface LivePage {
  /** The link to open, with its token. */
  readonly url: string;
  close(): Promise<void>;
}

/** Options of {@linkcode startLivePage}. */
export interface LivePageOptions {
  readonly hostname: string;
  readonly port: number;
  /** The token; without one, a new one. */
  readonly token?: string | undefined;
  /** Whether the page can publish, revoke and close. */
  readonly mayWrite?: boolean | undefined;
}

/**
 * Serves the live page: files, and a hub of its own of which each open page is a spoke. While no page is open, nothing of
 * the shown hub is read.
 */
export async function startLivePage(
  shown: ShownHub,
  assets: Assets,
  { hostname, port, token: tokenText, mayWrite = false }: LivePageOptions,
): Promise<LivePage> {
  const token = new PageToken(tokenText);
  const sessions = new Map<SpokeEventTarget, PageSession>();
  const counts = new TopicCounts(shown.bus);
  let timer: ReturnType<typeof setInterval> | undefined;
  let rowsAreDueAt = 0;

  /** Sends the numbers, and the rows if they are due. */
  function send(): void {
    const { url, busName: bus, neighbours } = shown;
    const snapshot = { own: readHub(shown), hubs: neighbours?.read() ?? [], url, bus, mayWrite };
    for (const session of sessions.values()) session.send("snapshot", snapshot);
    const begin = performance.now();
    if (begin < rowsAreDueAt) return;
    counts.follow(shown.observed.arrivals.keys());
    for (const session of sessions.values()) sendRows(session);
    // Half of the interval is for timers that are early.
    const took = performance.now() - begin;
    rowsAreDueAt = begin + Math.min(Math.max(INTERVAL_MS / 2, took / MAX_SHARE), MAX_ROWS_INTERVAL_MS);
  }

  function sendRows(session: PageSession): void {
    session.send("rows", takeRows(shown, counts, session.look));
  }

  const hub = createWebSocketServerEventTarget({
    maxConnections: MAX_PAGES,
    maxFrameBytes: MAX_PAGE_FRAME_BYTES,
    maxEventsPerSecond: 20,
    dropsSilentPeers: true,
    authorize: ({ action, type = "" }) =>
      action === "subscribe"
        ? HEARD.includes(type)
        : type === "tap" || type === "look" || (mayWrite && type === "change"),
    onConnection(spoke) {
      const session = new PageSession(spoke, shown, () => sendRows(session));
      sessions.set(spoke, session);
      timer ??= setInterval(send, INTERVAL_MS);
      // At once, so that nobody looks at an empty page.
      rowsAreDueAt = 0;
      send();
    },
    onDisconnection(spoke) {
      sessions.get(spoke)?.stop();
      sessions.delete(spoke);
      if (sessions.size > 0) return;
      clearInterval(timer);
      timer = undefined;
      counts.stop();
    },
  });
  const edge = createHttpEdge(hub, {
    authenticate: (request) => token.isIn(request.headers) && { isPage: true },
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
