import { isCluster, optionsOf, type RedisClient, takesNoWrites } from "../client.ts";
import type { PublishCommand } from "../publish/publish_strategy.ts";
import { unanswered } from "../refusals.ts";
import { Chunk } from "./chunk.ts";
import type { KeptType } from "./kept_type.ts";
import { publishScript } from "./publish_script.ts";
import type { Registration } from "./registration.ts";

/** Within this time on one connection, a server cannot have been a replica and the master again. */
const VERIFIED_MS = 250;

/** A script that Redis has not answered, or that must be sent again. */
interface Call {
  readonly chunk: Chunk;
  readonly number: number;
  /** The connection that it was sent on. */
  connection: number;
  readonly settle: (errors: readonly unknown[]) => void;
}

type Script = [name: "eval" | "evalsha", script: string, ...args: (string | number)[]];
type Command = PublishCommand | Script;

/**
 * Sends scripts by their hashes, so that neither client nor server handles their text each time. A script that the server
 * does not have, since someone has flushed it, was not run: it is sent again, before all that comes later.
 */
export class ScriptSender {
  readonly #client: RedisClient;
  readonly #registration: Registration;
  readonly #isClustered: boolean;
  /** In the order of sending. */
  readonly #unanswered = new Set<Call>();
  /** In the order of publishing. */
  #waiting: Call[] = [];
  /** The number of the last script of each type. */
  readonly #lastNumbers = new Map<KeptType, number>();
  #lastNumber = 0;
  #verified = -Infinity;
  /** The most receivers that a message of the last script had. */
  #receivers = 0;
  #connection = 0;
  /** Whether the server refused the last script, since it takes no writes now: then no script has events that are not kept. */
  #isUnwritable = false;

  constructor(client: RedisClient, registration: Registration) {
    this.#client = client;
    this.#registration = registration;
    this.#isClustered = isCluster(client);
  }

  /** Sends commands in order. Resolves with the error of each, or nothing. */
  async send(commands: readonly PublishCommand[]): Promise<readonly unknown[]> {
    const parts = this.#partsOf(commands);
    const results: Promise<readonly unknown[]>[] = [];
    const sent: (PublishCommand | Call)[] = [];
    for (const part of parts) {
      if (!(part instanceof Chunk)) {
        sent.push(part);
        continue;
      }
      results.push(
        new Promise((settle) => {
          const call = { chunk: part, number: ++this.#lastNumber, connection: this.#connection, settle };
          if (this.#waiting.length > 0) this.#waiting.push(call);
          else sent.push(call);
        }),
      );
    }
    const errors = await this.#transmit(sent);
    const chunkErrors = await Promise.all(results);
    return parts.flatMap((part) => part instanceof Chunk ? chunkErrors.shift() ?? [] : [errors.shift()]);
  }

  onDown(): void {
    this.#connection++;
    this.#verified = -Infinity;
    this.#lastNumbers.clear();
    this.#unanswered.clear();
  }

  /** The server has the script: sends what waits for it. */
  onRegistered(): void {
    if (this.#unanswered.size > 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    // What is known of earlier scripts is that they were answered.
    this.#lastNumbers.clear();
    void this.#transmit(waiting);
  }

  #partsOf(commands: readonly PublishCommand[]): (PublishCommand | Chunk)[] {
    const parts: (PublishCommand | Chunk)[] = [];
    for (const command of commands) {
      const last = parts.at(-1);
      const isApart = this.#isUnwritable && command[3] === undefined;
      if (!isApart && last instanceof Chunk && last.takes(command, this.#receivers)) last.add(command);
      else if (command[3] === undefined) parts.push(command);
      else {
        const chunk = new Chunk();
        chunk.add(command);
        parts.push(chunk);
      }
    }
    return parts;
  }

  /** Resolves with the errors of plain commands; scripts are settled one by one. */
  async #transmit(parts: readonly (PublishCommand | Call)[]): Promise<unknown[]> {
    if (parts.length === 0) return [];
    const commands = parts.map((part) => "chunk" in part ? this.#commandOf(part) : part);
    let replies: readonly (readonly [error: unknown, reply: unknown])[];
    try {
      replies = await this.#run(commands);
    } catch (error) {
      replies = parts.map(() => [error ?? new Error("Publishing failed"), undefined]);
    }
    const errors: unknown[] = [];
    parts.forEach((part, i) => {
      const [error, reply] = replies[i] ?? [];
      if ("chunk" in part) this.#onAnswer(part, error ?? undefined, reply);
      else errors.push(error);
    });
    if (this.#waiting.length > 0 && this.#unanswered.size === 0) this.#registration.renew();
    return errors;
  }

  async #run(
    commands: readonly Command[],
  ): Promise<readonly (readonly [error: unknown, reply: unknown])[]> {
    const [first] = commands;
    // A pipeline costs a single event some microseconds. With auto-pipelining, the client would send the script later.
    if (commands.length === 1 && first?.[0] === "evalsha" && !optionsOf(this.#client).enableAutoPipelining) {
      const [, sha, ...args] = first;
      const reply = this.#client.evalsha?.(sha, ...args);
      if (reply !== undefined) return [[undefined, await reply]];
    }
    return Array.from(Object(await this.#client.pipeline([...commands]).exec()));
  }

  #commandOf(call: Call): Script {
    const { chunk, number } = call;
    const { who, sha } = this.#registration;
    const now = performance.now();
    const verifies = this.#isClustered || now - this.#verified > VERIFIED_MS;
    if (verifies) this.#verified = now;
    const [kind] = chunk.kinds;
    const run = kind === undefined ? "" : this.#registration.runOf(kind);
    const args = chunk.argumentsOf([run, who, number], verifies, (kind) => this.#lastNumbers.get(kind));
    if (!this.#isClustered) { for (const kind of chunk.kinds) this.#lastNumbers.set(kind, number); }
    call.connection = this.#connection;
    this.#unanswered.add(call);
    return sha === undefined ? ["eval", publishScript(""), ...args] : ["evalsha", sha, ...args];
  }

  #onAnswer(call: Call, error: unknown, reply: unknown): void {
    const { commands, kinds } = call.chunk;
    const isCurrent = call.connection === this.#connection && !this.#isClustered;
    this.#unanswered.delete(call);
    const isUnknown = error instanceof Error && error.message.startsWith("NOSCRIPT");
    if ((isUnknown || reply === "ahead") && isCurrent) {
      this.#waiting.push(call);
      // Later ones may wait already.
      this.#waiting.sort((a, b) => a.number - b.number);
      return;
    }
    this.#isUnwritable = takesNoWrites(error);
    if (error instanceof Error && error.message.startsWith("READONLY")) this.#verified = -Infinity;
    if (error !== undefined && !isUnknown) return call.settle(commands.map(() => error));
    if (isUnknown || reply === "ahead" || reply === "other") {
      if (reply === "other") { for (const kind of kinds) this.#registration.renew(kind); }
      const lost = unanswered();
      return call.settle(commands.map(() => lost));
    }
    const [receivers = 0, ...refused]: readonly unknown[] = Array.isArray(reply) ? reply : [];
    this.#receivers = Number(receivers);
    const errors: unknown[] = commands.map(() => undefined);
    for (let i = 0; i < refused.length; i += 2) {
      errors[Number(refused[i])] = Object.assign(new Error(String(refused[i + 1])), { name: "ReplyError" });
    }
    call.settle(errors);
  }
}
