import { hashedPart } from "../channels.ts";
import {
  addressOf,
  isCluster,
  optionsOf,
  type RedisClient,
  type RedisCluster,
  type RedisNode,
} from "../client.ts";
import type { Parts } from "../envelope_template.ts";
import type { KeptType } from "../history/kept_type.ts";
import type { Message } from "../serializer.ts";

/** An event that has a history: its type, its id, and its message. */
export interface KeptEvent {
  readonly kind: KeptType;
  readonly id: string;
  readonly parts: Parts;
}

/** A command in the form that a pipeline takes. With an event that has a history, its message is empty. */
export type PublishCommand = [
  name: "publish" | "spublish",
  channel: string,
  message: Message,
  kept?: KeptEvent,
];

/** Sends messages so that the events of one topic keep their order. */
export interface PublishStrategy {
  readonly command: PublishCommand[0];
  /** Whether commands can be sent now. */
  readonly ready: boolean;
  /** The number of pipelines of an ordering key that may be unanswered at once. */
  maxInFlight(key: string): number;
  /** Only events with the same key keep their order among each other. */
  orderingKeyOf(channel: string, kept: KeptEvent | undefined): string;
  /** Sends commands of one ordering key. Resolves with nothing, or for each with its error or nothing. */
  send(commands: PublishCommand[]): Promise<readonly unknown[] | undefined>;
}

/** Chooses by the kind of client. `subscriberAddress` returns the node of a Cluster that is best to publish at. */
export function createPublishStrategy(
  client: RedisClient,
  sharded: boolean,
  subscriberAddress: () => string | undefined,
): PublishStrategy {
  const byShard = sharded && isCluster(client);
  const chooseClient = !sharded && isCluster(client) ? stickyNode(client, subscriberAddress) : () => client;
  return {
    command: sharded ? "spublish" : "publish",
    get ready() {
      return client.status === "ready";
    },
    // A pipeline that a shard redirects is sent again, and must not arrive behind the next one.
    maxInFlight: () => byShard ? 1 : Infinity,
    orderingKeyOf: byShard ? hashedPart : () => "",
    async send(commands) {
      const chosen = chooseClient();
      const [first] = commands;
      // With auto-pipelining, ioredis would send a single command later than the pipelines that are created here.
      if (first === undefined || commands.length > 1 || optionsOf(chosen).enableAutoPipelining) {
        const reply = await chosen.pipeline(commands).exec();
        // A pipeline resolves with an error and a reply for each of its commands.
        return (reply as readonly (readonly [error: unknown, reply: unknown])[]).map(([error]) => error);
      }
      const [name, channel, message] = first;
      await chosen[name](channel, message);
      return undefined;
    },
  };
}

/**
 * Chooses one node of a Cluster for as long as the node is in the Cluster: nodes forward events to each other, so
 * events that are published at two nodes can overtake each other.
 */
function stickyNode(cluster: RedisCluster, subscriberAddress: () => string | undefined): () => RedisNode {
  let node: RedisNode | undefined;
  return () => {
    const nodes = cluster.nodes("master");
    if (node !== undefined && nodes.includes(node)) return node;
    // At the node that this process subscribes at, a publish is answered only once its message is on the way here.
    const address = subscriberAddress();
    node = nodes.find((candidate) => addressOf(candidate) === address) ??
      nodes[Math.floor(Math.random() * nodes.length)];
    if (node === undefined) throw new Error("Cannot publish: the Cluster has no nodes");
    return node;
  };
}
