import { describe, messageOf } from "../../../core/describe.ts";
import { isCluster, isRefusal, type RedisClient, takesNoWrites } from "../client.ts";
import { describeBounds, type KeptType, randomSeed } from "./kept_type.ts";
import { publishScript } from "./publish_script.ts";
import { REGISTER_SCRIPT } from "./register_script.ts";

const RETRY_MS = 500;

/** The callbacks of a {@linkcode Registration}. */
export interface RegistrationHandler {
  /** Events can be published, or refused. */
  onRegistered(): void;
  /** Reports what a program should know at its start. */
  onFault(error: Error, type: string | undefined): void;
}

type Reply = readonly [error: unknown, reply: unknown];

/**
 * Makes a publisher known to the servers of its types, on each new connection: a script must name the server that it was
 * sent to, and one that the client sends again to another server does nothing.
 */
export class Registration {
  /** The random id of this publisher. */
  readonly who: string = crypto.randomUUID().replaceAll("-", "").slice(0, 16);
  /** The reason why events cannot be kept, or not now. */
  refusal: Error | undefined;
  /** The hash of the script that publishes. On a Cluster, scripts are sent with their text. */
  sha: string | undefined;
  readonly #client: RedisClient;
  readonly #kinds: readonly KeptType[];
  readonly #handler: RegistrationHandler;
  readonly #runs = new Map<KeptType, string>();
  readonly #reported = new Set<string>();
  #isLoaded = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  /** Changes with each connection, so that late answers do not count. */
  #connection = 0;

  constructor(client: RedisClient, kinds: Iterable<KeptType>, handler: RegistrationHandler) {
    this.#client = client;
    this.#kinds = [...kinds];
    this.#handler = handler;
  }

  /** Whether the servers of all types know the publisher, and the script. */
  get ready(): boolean {
    return this.#isLoaded && this.#runs.size === this.#kinds.length;
  }

  /** The run id of the server of a type. */
  runOf(kind: KeptType): string {
    return this.#runs.get(kind) ?? "";
  }

  onUp(): void {
    this.renew();
    void this.#checkPolicy(this.#connection);
  }

  onDown(): void {
    this.#connection++;
    this.#isLoaded = false;
    this.#runs.clear();
    clearTimeout(this.#retry);
  }

  /** Registers again: with all servers, or with the server of a type, if that is another one. */
  renew(kind?: KeptType): void {
    if (kind === undefined) this.onDown();
    else if (!this.#runs.delete(kind)) return;
    void this.#register(kind === undefined ? this.#kinds : [kind], this.#connection);
  }

  async #register(kinds: readonly KeptType[], connection: number): Promise<void> {
    const answers = await Promise.all(kinds.map((kind) => this.#ask(kind)));
    if (connection !== this.#connection) return;
    this.refusal = undefined;
    this.#isLoaded = false;
    const failed = kinds.filter((kind, i) => !this.#onAnswer(kind, answers[i]));
    const unwritable = kinds.filter((_, i) => takesNoWrites(answers[i]?.[0]));
    const [kind] = this.#kinds;
    if (failed.length === 0 && kind !== undefined && !await this.#load(kind)) failed.push(kind);
    if (connection !== this.#connection) return;
    const later = [...new Set([...failed, ...unwritable])];
    if (later.length > 0) this.#retry = setTimeout(() => void this.#register(later, connection), RETRY_MS);
    if (this.ready) this.#handler.onRegistered();
  }

  async #ask({ keys, bounds }: KeptType): Promise<Reply | undefined> {
    const command = ["eval", REGISTER_SCRIPT, keys.length, ...keys, randomSeed(), bounds, this.who];
    return (await replies(this.#client, [command]))[0];
  }

  /** Returns whether events can be published or refused now. */
  #onAnswer(kind: KeptType, [error, reply]: Reply = [undefined, undefined]): boolean {
    if (error !== null && !isRefusal(error) && !takesNoWrites(error)) return false;
    const [run, inForce] = Object(reply ?? [""]);
    this.#runs.set(kind, String(run));
    if (error !== null) this.#refuse(error, kind);
    else if (inForce !== kind.bounds) {
      const message = `The history of ${describe(kind.type)} has other bounds in Redis, which apply: ` +
        `${describeBounds(String(inForce))} and not ${describeBounds(kind.bounds)}. To change them, delete ` +
        kind.keys.map(describe).join(" and ");
      this.#report(new Error(message), kind.type);
    }
    return true;
  }

  /** Loads the script. Returns whether the server has answered for good. */
  async #load(kind: KeptType): Promise<boolean> {
    if (!isCluster(this.#client) && this.refusal === undefined) {
      const connection = this.#connection;
      const [[error, sha] = []] = await replies(this.#client, [[
        "script",
        "load",
        publishScript(this.runOf(kind)),
      ]]);
      if (connection !== this.#connection) return true;
      if (isRefusal(error) && !takesNoWrites(error)) this.#refuse(error, kind);
      else if (error !== null) return false;
      this.sha = String(sha);
    }
    this.#isLoaded = true;
    return true;
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

  #refuse(cause: Error, { type }: KeptType): void {
    const isPassing = takesNoWrites(cause);
    const advice = /NOPERM|user executing the script|unknown command/i.test(cause.message)
      ? "the user must be allowed to run scripts (+eval, +evalsha, +script|load), the commands of the scripts " +
        "(https://github.com/alkdev/pubsub/blob/main/docs/production.md), and the keys ~pubsub:*: "
      : isPassing
      ? "Redis takes no writes now: "
      : "";
    const message = `Cannot keep the history of ${describe(type)}: ${advice}${messageOf(cause)}`;
    const error = new TypeError(message, { cause });
    // As while the program runs: each event gets the answer of the server.
    this.refusal = isPassing ? cause : error;
    this.#report(error, type);
  }

  #report(error: Error, type: string | undefined): void {
    if (this.#reported.has(error.message)) return;
    this.#reported.add(error.message);
    this.#handler.onFault(error, type);
  }
}

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
