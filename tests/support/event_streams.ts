/** Streams of Server-Sent Events, read with `eventsource-parser`. */
import type { HttpEdge } from "@alkdev/pubsub/http";
import { EventSourceParserStream } from "eventsource-parser/stream";
import { assertEquals } from "@std/assert";
import { eventually } from "./eventually.ts";

/** A message of a stream: its name, if it has one, and its data. */
export interface Message {
  readonly event: string | undefined;
  readonly id: string | undefined;
  readonly data: unknown;
}

/** A stream that is read. Disposing of it leaves it. */
export interface ReadStream extends AsyncDisposable {
  readonly response: Response;
  readonly messages: readonly Message[];
  /** Resolves when the stream has ended, with whether the server has ended it. */
  readonly ended: Promise<boolean>;
}

/** Opens a stream, and reads it. */
export async function readEvents(
  url: string,
  topics: readonly string[],
  headers: Record<string, string> = {},
  more = "",
): Promise<ReadStream> {
  const query = `${new URLSearchParams(topics.map((topic) => ["topic", topic]))}&${more}`;
  const response = await fetch(`${url}/events?${query}`, { headers });
  assertEquals(response.status, 200, response.ok ? "" : await response.text());
  const messages: Message[] = [];
  const reader = response.body?.pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream()).getReader();
  let hasLeft = false;
  const ended = (async () => {
    for (let next = await reader?.read(); next?.value !== undefined; next = await reader?.read()) {
      const { event, id, data } = next.value;
      messages.push({ event, id, data: JSON.parse(data) });
    }
    return !hasLeft;
  })();
  await eventually(() => messages.length > 0);
  return {
    response,
    messages,
    ended,
    async [Symbol.asyncDispose]() {
      hasLeft = true;
      await reader?.cancel();
      await ended;
    },
  };
}

/** An edge on a server of Deno. */
export interface ServedEdge extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
}

/** Serves the edge of a hub. Disposing of it closes the hub first. */
export function serveEdge(hub: { close(): Promise<void> }, { fetch }: Pick<HttpEdge, "fetch">): ServedEdge {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, fetch);
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    port: server.addr.port,
    async [Symbol.asyncDispose]() {
      await hub.close();
      await server.shutdown();
    },
  };
}
