import type { Settings } from "./config.ts";
import type { LivePage } from "./live/live_page.ts";
import type { RunningHub } from "./start_hub.ts";
import { VERSION } from "./version.ts";

/** The screen that the program prints when it has started: what it does, and what to type next. */
export function startScreen(settings: Settings, { url, shown }: RunningHub, page: LivePage | string): string {
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
  const [keyFile = "key.json"] = key;
  return `pubsub-hub ${VERSION}, at ${url}
  events   ${busName}; history: ${types.length > 0 ? types.join(", ") : "none"}
  access   ${access}
  page     ${typeof page === "string" ? page : page.url}${
    adminWrite === true ? ", which may change the hub" : ""
  }
${
    asksForTokens
      ? `\nA token for the two commands below:\n\n  TOKEN=$(pubsub-hub token --key ${keyFile} --sub me --subscribe '*' --publish '*')\n`
      : ""
  }
Listen, in a terminal:

  curl -N${header} '${url}/events?topic=greeting'

Publish, in another one:

  curl -i${header} ${url}/publish -d '{"type":"greeting","id":"world","payload":"hello"}'

In a program: createWebSocketClientEventTarget(() => new WebSocket("${url.replace("http", "ws")}/events"))
Ctrl-C ends the hub.
`;
}
