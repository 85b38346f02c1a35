/** Methods and headers that pages of other sites may use. */
const CORS_HEADERS = {
  "access-control-allow-methods": "GET, POST",
  "access-control-allow-headers": "authorization, content-type, last-event-id",
  "access-control-max-age": "600",
};

/** The rules for the site that a request comes from, and for the host that it is sent to. */
export class SiteRules {
  readonly #origins: ReadonlySet<string> | undefined;
  readonly #hosts: ReadonlySet<string>;

  constructor(origins: readonly string[] | "*" = []) {
    const urls = origins === "*" ? [] : origins.map(readOrigin);
    this.#origins = origins === "*" ? undefined : new Set(urls.map(({ origin }) => origin));
    this.#hosts = new Set(urls.flatMap(({ host, protocol, port }) =>
      // Some proxies name the default port.
      protocol === "https:" && port === "" ? [host, `${host}:443`] : [host]
    ));
  }

  /** The reason why a request is refused, if it is. */
  faultOf(request: Request): string | undefined {
    if (this.#origins === undefined) return undefined;
    const host = hostOf(request);
    if (!this.#hosts.has(host) && !isLocalName(host)) {
      return "this Host is neither an IP address nor localhost nor that of an allowed origin";
    }
    const origin = request.headers.get("origin");
    if (origin === null) {
      return isEmbedded(request) ? "a page of another site must not embed this" : undefined;
    }
    if (this.#origins.has(origin)) return undefined;
    return URL.canParse(origin) && new URL(origin).host === host ? undefined : "this Origin is not allowed";
  }

  /** Lets the page of an allowed site read the answer. */
  complete(request: Request, response: Response): Response {
    const origin = request.headers.get("origin");
    if (origin === null) return response;
    // A response of the program may be immutable.
    const own = new Response(response.body, response);
    const { headers } = own;
    headers.append("vary", "origin");
    headers.set("access-control-allow-origin", origin);
    // With cookies only where the program has named the site.
    if (this.#origins !== undefined) headers.set("access-control-allow-credentials", "true");
    return own;
  }

  /** The answer to a browser that asks first. */
  preflight(): Response {
    return new Response(null, { status: 204, headers: CORS_HEADERS });
  }
}

function readOrigin(origin: string): URL {
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  if (url === undefined || url.origin !== origin) {
    throw new TypeError(`Cannot use ${JSON.stringify(origin)} as an origin: write it as https://app.example`);
  }
  return url;
}

/** Whether a page of another origin shows the answer, as an image or in a frame: browsers then send no `Origin`. */
function isEmbedded({ headers }: Request): boolean {
  const isForeign = /^(cross|same)-site$/.test(headers.get("sec-fetch-site") ?? "");
  // A link to this is not embedded.
  return isForeign && headers.get("sec-fetch-dest") !== "document";
}

/** The name and the port that a request is sent to. */
function hostOf(request: Request): string {
  const host = request.headers.get("host");
  const url = host === null ? request.url : `http://${host}`;
  // A default port is left out, as browsers do.
  return URL.canParse(url) ? new URL(url).host : "";
}

/** Whether no name server decides where a host is: an IP address, or `localhost`. */
function isLocalName(host: string): boolean {
  const name = host.replace(/:\d+$/, "");
  return name === "localhost" || name.startsWith("[") || /^\d+\.\d+\.\d+\.\d+$/.test(name);
}
