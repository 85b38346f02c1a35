import { describe, messageOf } from "../../../core/describe.ts";
import { isCluster, isRefusal, type RedisClient } from "../client.ts";
import { describeBounds, type KeptType, randomSeed } from "./kept_type.ts";
import { REGISTER_SCRIPT } from "./register_script.ts";

const RETRY_MS = 500;

/** The callbacks of a {@linkcode Registration}. */
export interface RegistrationHandler {
  /** Events can be published, or refused. */
  onRegistered(): void;
  /** Reports what a program should know at its start. */
  onFault(error: Error, type: string | undefined): void;
}

/**
 * Makes a publisher known to the servers of its types, on each new connection: a script must name the server that it was
 * sent to, and one that the client sends again to another server does nothing.
 */
export class Registration {
  /** The random id of this publisher. */
  readonly who: string = crypto.randomUUID().replaceAll("-", "").slice(0, 16);
  /** The reason why events cannot be kept. */
  refusal: Error | undefined;
  readonly #client: RedisClient;
  readonly #kinds: readonly KeptType[];
  readonly #handler: RegistrationHandler;
  readonly #runs = new Map<KeptType, string>();
  readonly #reported = new Set<string>();
  #retry: ReturnType<typeof setTimeout> | undefined;
  /** Changes with each connection, so that late answers do not count. */
  #connection = 0;

  constructor(client: RedisClient, kinds: Iterable<KeptType>, handler: RegistrationHandler) {
    this.#client = client;
    this.#kinds = [...kinds];
    this.#handler = handler;
  }

  /** Whether the servers of all types know the publisher. */
  get ready(): boolean {
    return this.#runs.size === this.#kinds.length;
  }

  /** The run id of the server of a type. */
  runOf(kind: KeptType): string {
    return this.#runs.get(kind) ?? "";
  }

  onUp(): void {
    this.onDown();
    void this.#checkPolicy(this.#connection);
    for (const kind of this.#kinds) void this.#register(kind, this.#connection);
  }

  onDown(): void {
    this.#connection++;
    this.#runs.clear();
    clearTimeout(this.#retry);
  }

  /** The server of a type is another one. */
  renew(kind: KeptType): void {
    if (this.#runs.delete(kind)) void this.#register(kind, this.#connection);
  }

  async #register(kind: KeptType, connection: number): Promise<void> {
    const { keys, bounds } = kind;
    const command = ["eval", REGISTER_SCRIPT, keys.length, ...keys, randomSeed(), bounds, this.who];
    const [[error, reply] = []] = await this.#send([command]);
    if (connection !== this.#connection) return;
    if (isRefusal(error)) {
      const message =
        `Cannot keep the history of ${describe(kind.type)}: the user must be allowed to run scripts ` +
        `(+eval), the commands of its keys (https://github.com/alkdev/pubsub/blob/main/docs/production.md) and these keys (~pubsub:*): ${
          messageOf(error)
        }`;
      this.refusal = new TypeError(message, { cause: error });
      this.#report(this.refusal, kind.type);
    } else if (error !== null) {
      this.#retry = setTimeout(() => void this.#register(kind, connection), RETRY_MS);
      return;
    } else {
      this.refusal = undefined;
      const [, inForce] = Object(reply);
      if (inForce !== bounds) {
        const message = `The history of ${describe(kind.type)} has other bounds in Redis, which apply: ` +
          `${describeBounds(String(inForce))} and not ${describeBounds(bounds)}. To change them, delete ` +
          `${keys.map(describe).join(" and ")}`;
        this.#report(new Error(message), kind.type);
      }
    }
    this.#runs.set(kind, String(Object(reply)?.[0]));
    if (this.ready) this.#handler.onRegistered();
  }

  /** Eviction would end the history of a type at any moment. */
  async #checkPolicy(connection: number): Promise<void> {
    const nodes = isCluster(this.#client) ? this.#client.nodes("master") : [this.#client];
    for (const node of nodes) {
      const [[, reply] = []] = await replies(node, [["info", "memory"]]);
      if (connection !== this.#connection) return;
      const policy = /maxmemory_policy:(allkeys-[\w-]+)/.exec(String(reply))?.[1];
      if (policy === undefined) continue;
      const message =
        `Redis may evict the history: its maxmemory-policy is ${policy}. Set it to noeviction or to a ` +
        "volatile policy, which only evicts keys that expire";
      return this.#report(new Error(message), undefined);
    }
  }

  #send(commands: unknown[][]): Promise<Reply[]> {
    return replies(this.#client, commands);
  }

  #report(error: Error, type: string | undefined): void {
    if (this.#reported.has(error.message)) return;
    this.#reported.add(error.message);
    this.#handler.onFault(error, type);
  }
}

type Reply = readonly [error: unknown, reply: unknown];

async function replies(client: RedisClient, commands: unknown[][]): Promise<Reply[]> {
  try {
    return Array.from(
      Object(await client.pipeline(commands).exec()),
      ([error, reply]) => [error ?? null, reply],
    );
  } catch (error) {
    return commands.map(() => [error ?? new Error("The client is not connected"), null]);
  }
}
