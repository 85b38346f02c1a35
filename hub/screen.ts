import { COMMAND } from "./command.ts";
import type { Settings } from "./config.ts";
import type { LivePage } from "./live/live_page.ts";
import type { RunningHub } from "./start_hub.ts";
import { VERSION } from "./version.ts";

/**
 * The screen that the program prints when it has started: what it does, and what to type next.
 *
 * @param signingKey The file of a key that signs tokens, if the hub has one.
 */
export function startScreen(
  settings: Settings,
  { url, shown }: RunningHub,
  page: LivePage | string,
  signingKey: string | undefined,
): string {
  const { busName } = shown;
  const { key, jwks, history, open, hostname, adminWrite } = settings;
  const asksForTokens = key.length > 0 || jwks !== undefined;
  const types = Object.keys(history);
  const access = asksForTokens
    ? "a valid token"
    : open === true
    ? `everybody who reaches ${hostname}`
    : "every program on this machine";
  const header = asksForTokens ? ` -H "authorization: Bearer $TOKEN"` : "";
  const socket = `${url.replace("http", "ws")}/events`;
  return `pubsub-hub ${VERSION}, at ${url}
  events   ${busName}; history: ${types.length > 0 ? types.join(", ") : "none"}
  access   ${access}
  page     ${typeof page === "string" ? page : page.url}${
    adminWrite === true ? ", which may change the hub" : ""
  }
${
    asksForTokens
      ? `\nA token for the two commands below:\n\n  TOKEN=${
        signingKey === undefined
          ? "...   # from your issuer: no key here can sign one"
          : `$(${COMMAND} token --key ${quoted(signingKey)} --sub me --subscribe '*' --publish '*')`
      }\n`
      : ""
  }
Listen, in a terminal:

  curl -N${header} '${url}/events?topic=greeting'

Publish, in another one:

  curl -i${header} '${url}/publish' -d '{"type":"greeting","id":"world","payload":"hello"}'

In a program: createWebSocketClientEventTarget(() => new WebSocket(${
    asksForTokens ? `\`${socket}?token=\${token}\`` : `"${socket}"`
  }))
Ctrl-C ends the hub.
`;
}

/** A path as a word of a shell. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
