import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { NodeListeners, NodeRequest, NodeResponse } from "@alkdev/pubsub/http";

/** The files of the page, by path. The build writes them. */
export interface Assets {
  readonly [path: string]: { readonly type: string; readonly text: string };
}

const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** The name of the cookie, by port: a browser sends the cookies of a host to all its ports. */
function nameOf(headers: Pick<Headers, "get">): string {
  return `pubsub-live-${headers.get("host")?.match(/:(\d+)$/)?.[1] ?? "80"}`;
}

/** The token that the console prints. A page that was opened with it has it as a cookie from then on. */
export class PageToken {
  readonly text: string;

  /** @param text The token; without one, a new one. */
  constructor(text: string = randomBytes(24).toString("base64url")) {
    this.text = text;
  }

  /** Whether a request has the cookie. */
  isIn(headers: Pick<Headers, "get">): boolean {
    const own = nameOf(headers);
    return (headers.get("cookie") ?? "").split(";").some((cookie) => {
      const [name = "", value = ""] = cookie.trim().split("=");
      return name === own && this.equals(value);
    });
  }

  equals(other: string): boolean {
    return timingSafeEqual(digest(other), digest(this.text));
  }

  /** The cookie for those who have opened the page with its link. */
  cookieFor(headers: Pick<Headers, "get">): string {
    return `${nameOf(headers)}=${this.text}; Path=/; HttpOnly; SameSite=Strict`;
  }
}

/** Serves the files of the page; other requests go to the edge of its hub. */
export function withPage(
  { onRequest, onUpgrade }: NodeListeners,
  token: PageToken,
  assets: Assets,
): NodeListeners {
  return {
    onUpgrade,
    onRequest(request, response) {
      const { pathname, searchParams } = urlOf(request);
      const asset = Object.hasOwn(assets, pathname) ? assets[pathname] : undefined;
      if (asset === undefined) return onRequest(request, response);
      if (request.method !== "GET") return respond(response, 405, "text/plain", "Only GET is allowed\n");
      if (pathname !== "/") return respond(response, 200, asset.type, asset.text);
      const headers = headersOf(request);
      const given = searchParams.get("token");
      if (given !== null && token.equals(given)) {
        // So that the token stays in no history of the browser.
        return respond(response, 303, "text/plain", "", {
          location: "/",
          "set-cookie": token.cookieFor(headers),
        });
      }
      if (token.isIn(headers)) return respond(response, 200, asset.type, asset.text);
      respond(response, 401, "text/plain", "Open the page with the link that the hub has printed.\n");
    },
  };
}

/** The path and the query of a request. A target such as `//` is a path, and not an address. */
function urlOf({ url = "/" }: NodeRequest): URL {
  return new URL(`http://page${url.startsWith("/") ? url : "/"}`);
}

function headersOf({ headers }: NodeRequest): Pick<Headers, "get"> {
  return { get: (name) => headers[name]?.toString() ?? null };
}

function respond(
  response: NodeResponse,
  status: number,
  type: string,
  text: string,
  more: Record<string, string> = {},
): void {
  response.writeHead(status, { ...HEADERS, "content-type": `${type}; charset=utf-8`, ...more });
  response.write(new TextEncoder().encode(text));
  response.end();
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
