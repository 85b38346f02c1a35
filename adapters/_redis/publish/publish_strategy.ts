import { hashedPart } from "../channels.ts";
import {
  addressOf,
  isCluster,
  optionsOf,
  type RedisClient,
  type RedisCluster,
  type RedisNode,
} from "../client.ts";
import type { Message } from "../serializer.ts";

/** A command as a pipeline takes it. */
export type PublishCommand = [name: "publish" | "spublish", channel: string, message: Message];

/** How messages are sent by a client. */
export interface Sender {
  /** The command that publishes. */
  readonly command: PublishCommand[0];
  /** Whether anything can be sent now. */
  readonly ready: boolean;
  /** How many pipelines of a lane may be on their way. */
  readonly window: number;
  /** What keeps its order: channels of different lanes may overtake each other. */
  laneOf(channel: string): string;
  /** Sends messages of one lane. Resolves with nothing, or with an error or `undefined` for each; does not throw. */
  send(commands: PublishCommand[]): Promise<readonly unknown[] | undefined>;
}

/**
 * Chooses the form that keeps the order of each topic.
 *
 * @param client The client.
 * @param sharded Whether channels are sharded.
 * @param address The node of a Cluster that is best to publish at, if there is one.
 * @returns How messages are sent.
 */
export function createSender(
  client: RedisClient,
  sharded: boolean,
  address: () => string | undefined,
): Sender {
  if (!isCluster(client)) {
    return {
      get ready() {
        return client.status === "ready";
      },
      command: sharded ? "spublish" : "publish",
      window: Infinity,
      laneOf: () => "",
      send: async (commands) => await sendBy(client, commands),
    };
  }
  if (!sharded) return new StickySender(client, address);
  return {
    get ready() {
      return client.status === "ready";
    },
    command: "spublish",
    // A pipeline that a shard sends elsewhere is sent again, while the next one would already be there.
    window: 1,
    laneOf: hashedPart,
    send: async (commands) => await sendBy(client, commands),
  };
}

/**
 * Publishes at one node of a Cluster for as long as it is there: nodes pass events on to each other, and what goes by
 * two of them may overtake.
 */
class StickySender implements Sender {
  readonly command = "publish";
  readonly window = Infinity;
  readonly #cluster: RedisCluster;
  readonly #address: () => string | undefined;
  #node: RedisNode | undefined;

  constructor(cluster: RedisCluster, address: () => string | undefined) {
    this.#cluster = cluster;
    this.#address = address;
  }

  get ready(): boolean {
    return this.#cluster.status === "ready";
  }

  laneOf(): string {
    return "";
  }

  async send(commands: PublishCommand[]): Promise<readonly unknown[] | undefined> {
    return await sendBy(this.#choose(), commands);
  }

  #choose(): RedisNode {
    const nodes = this.#cluster.nodes("master");
    if (this.#node !== undefined && nodes.includes(this.#node)) return this.#node;
    // Where this process listens, the answer to a publish says that the message is on its way here too.
    const address = this.#address();
    const best = nodes.find((node) => addressOf(node) === address);
    this.#node = best ?? nodes[Math.floor(Math.random() * nodes.length)];
    if (this.#node === undefined) throw new Error("Cannot publish: the Cluster has no nodes");
    return this.#node;
  }
}

function sendBy(
  client: RedisClient,
  commands: PublishCommand[],
): Promise<readonly unknown[] | undefined> {
  const [first] = commands;
  // What ioredis puts into pipelines by itself leaves later, behind those that are made here.
  if (first === undefined || commands.length > 1 || optionsOf(client).enableAutoPipelining) {
    return client.pipeline(commands).exec().then(errorsOf);
  }
  const [name, channel, message] = first;
  return client[name](channel, message).then(() => undefined);
}

function errorsOf(reply: unknown): readonly unknown[] | undefined {
  // A pipeline answers with an error and a reply for each of its commands.
  const replies = reply as readonly (readonly [error: unknown, reply: unknown])[];
  return replies.some(([error]) => error) ? replies.map(([error]) => error) : undefined;
}
