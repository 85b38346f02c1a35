import { Hub } from "../../adapters/_hub/hub.ts";
import type { HubParts } from "../../adapters/_hub/hub_parts.ts";
import type { HubOptions, SpokeEventTarget } from "../../adapters/_hub/types.ts";
import { serverSocketTransport } from "../../adapters/_websocket/server_socket_wire.ts";
import { FakeSocket } from "./fake_socket.ts";

/** A report of a hub. */
export interface Report {
  readonly stage: string;
  readonly error: string;
  readonly topic: string | undefined;
  readonly target: unknown;
}

/** A socket without a network, and its spoke. */
interface Added {
  readonly socket: FakeSocket;
  readonly spoke: SpokeEventTarget;
}

/** A hub of sockets without a network, and its reports. */
export interface OpenHub {
  readonly hub: Hub<FakeSocket>;
  readonly log: string[];
  readonly reports: Report[];
  stages(): string[];
  publish(type: string, id: string, payload?: unknown): void;
  counts(): number[];
  /** Adds a socket whose spoke says hello, if one is given, and subscribes. */
  add(
    topics?: readonly string[],
    hello?: {
      batch?: boolean;
      maxFrameBytes?: number;
      echo?: boolean;
      history?: boolean;
      link?: string;
      connection?: number;
    },
    socket?: FakeSocket,
    context?: unknown,
  ): Added;
  /** Ends it without waiting for sockets that would never close. */
  end(...sockets: FakeSocket[]): Promise<void>;
}

/** Opens a hub of sockets without a network. */
export function open(
  options: HubOptions<FakeSocket> = {},
  parts: Pick<HubParts<FakeSocket>, "exclusive"> = {},
): OpenHub {
  const log: string[] = [];
  const reports: Report[] = [];
  const hub = new Hub<FakeSocket>({
    tag: "TestHub",
    spokeTag: "TestSpoke",
    ...serverSocketTransport,
    ...parts,
  }, {
    onError: (error, { stage, topic, target }) =>
      void reports.push({ stage, error: String(error), topic, target }),
    onConnection: () => void log.push("connection"),
    onDisconnection: () => void log.push("disconnection"),
    onBackpressure: () => void log.push("backpressure"),
    ...options,
  });
  return {
    hub,
    log,
    reports,
    stages: () => reports.map(({ stage }) => stage),
    publish: (type: string, id: string, payload?: unknown) => hub.publish({ type, id, payload }),
    counts: () => [hub.connectionCount, hub.closingCount, hub.topicCount],
    add(topics, hello, given, context) {
      const socket = given ?? new FakeSocket();
      const spoke = hub.addConnection(socket, { context });
      if (hello !== undefined) socket.receive("__hello", "", { version: 1, ...hello });
      if (topics !== undefined) socket.receive("__subscribe", "1", { topics });
      return { socket, spoke };
    },
    async end(...sockets) {
      for (const socket of sockets) hub.removeConnection(socket);
      await hub.close();
    },
  };
}

/** The events that a socket was sent. */
export function eventsOf({ envelopes }: FakeSocket): string[] {
  return envelopes.filter(({ type }) => !type.startsWith("__")).map(({ type, id }) => `${type}:${id}`);
}

/** The controls that a socket was sent: type, ref and payload. */
export function controlsOf({ envelopes }: FakeSocket): [type: string, id: string, payload: unknown][] {
  return envelopes.filter(({ type }) => type.startsWith("__")).map(({ type, id, payload }) => [
    type,
    id,
    payload,
  ]);
}

/** An answer to a request, as {@linkcode controlsOf} returns it. */
export function answer(
  ref: string,
  topics: readonly string[],
  refused: Readonly<Record<string, string>> = {},
): [type: string, id: string, payload: unknown] {
  const list = Object.entries(refused).map(([topic, reason]) => ({ topic, reason }));
  return ["__subscribed", ref, { topics, refused: list }];
}
