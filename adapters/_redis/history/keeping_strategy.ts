import { ConnectionLostError } from "../../../core/errors.ts";
import { isCluster, type RedisClient } from "../client.ts";
import type { PublishCommand, PublishStrategy } from "../publish/publish_strategy.ts";
import { type KeptType, randomSeed } from "./kept_type.ts";
import { PUBLISH_SCRIPT } from "./publish_script.ts";
import type { Registration } from "./registration.ts";

/** The bounds of a script: it holds Redis for about 1 ms, with a few receivers of each event. */
const MAX_EVENTS = 128;
const MAX_BYTES = 64 * 1024;

/** A script tells types apart by six bits; 0 stands for none. */
const MAX_TYPES = 63;

/** So many receivers of an event take as long as the event itself. */
const RECEIVERS = 16;

/** The events of one script. */
class Chunk {
  readonly commands: PublishCommand[] = [];
  readonly kinds: KeptType[] = [];
  readonly #events: (string | number)[] = [];
  #bytes = 0;

  /** Whether another event has room. */
  takes([, channel, message, kept]: PublishCommand, maxEvents: number): boolean {
    if (this.commands.length === 0) return true;
    const isNew = kept !== undefined && !this.kinds.includes(kept.kind);
    return this.commands.length < maxEvents && this.#bytes + channel.length + message.length <= MAX_BYTES &&
      !(isNew && this.kinds.length === MAX_TYPES);
  }

  add(command: PublishCommand): void {
    const [, channel, message, kept] = command;
    let type = 0;
    if (kept !== undefined) {
      type = this.kinds.indexOf(kept.kind) + 1;
      if (type === 0) type = this.kinds.push(kept.kind);
    }
    this.commands.push(command);
    this.#bytes += channel.length + message.length;
    // Without the first brace: the script puts the position there.
    this.#events.push(type + 64 * (kept?.head ?? 0), kept?.id ?? channel, String(message).slice(1));
  }

  /** The command that runs the script. */
  command(run: string, who: string, number: number): unknown[] {
    const keys = this.kinds.flatMap((kind) => kind.keys);
    const types = this.kinds.flatMap(({ channel, bounds }) => [channel, bounds]);
    const events = this.#events;
    const head = [run, who, number, randomSeed(), this.kinds.length];
    return ["eval", PUBLISH_SCRIPT, keys.length, ...keys, ...head, ...types, ...events];
  }
}

/**
 * Sends events of declared types by scripts, which keep and publish them: the order of the history is that of the channel.
 * On a Cluster, the events of each type are at one node, and have an order of their own.
 */
export function keepingStrategy(
  base: PublishStrategy,
  client: RedisClient,
  registration: Registration,
): PublishStrategy {
  const isClustered = isCluster(client);
  let lastNumber = 0;
  let maxEvents = MAX_EVENTS;

  /** Returns the error of each event, or nothing if all were published. */
  function readAnswer({ commands, kinds }: Chunk, error: unknown, reply: unknown): unknown[] {
    if (error !== null && error !== undefined) return commands.map(() => error);
    if (reply === "other") {
      for (const kind of kinds) registration.renew(kind);
      const lost = new ConnectionLostError(
        "Redis had not answered: the event may or may not have been published",
      );
      return commands.map(() => lost);
    }
    const errors: unknown[] = commands.map(() => undefined);
    if (!Array.isArray(reply)) return errors;
    const [receivers, ...refused] = reply;
    maxEvents = Math.max(16, Math.floor(MAX_EVENTS / (1 + Number(receivers) / RECEIVERS)));
    for (let i = 0; i < refused.length; i += 2) {
      errors[refused[i]] = Object.assign(new Error(String(refused[i + 1])), { name: "ReplyError" });
    }
    return errors;
  }

  return {
    command: base.command,
    get ready() {
      return base.ready && registration.ready;
    },
    maxInFlight: (key) => key === "" ? base.maxInFlight(key) : 1,
    orderingKeyOf: (channel, kept) =>
      isClustered && kept !== undefined ? kept.kind.type : base.orderingKeyOf(channel, kept),
    async send(commands) {
      if (commands.every(([, , , kept]) => kept === undefined)) return base.send(commands);
      const { refusal } = registration;
      const parts: (PublishCommand | Chunk)[] = [];
      for (const command of commands) {
        const last = parts.at(-1);
        if (last instanceof Chunk && last.takes(command, maxEvents)) last.add(command);
        else if (command[3] === undefined) parts.push(command);
        else {
          const chunk = new Chunk();
          chunk.add(command);
          parts.push(chunk);
        }
      }
      const pipeline = client.pipeline(parts.map((part) => {
        if (!(part instanceof Chunk)) return part;
        const [kind] = part.kinds;
        return part.command(
          kind === undefined ? "" : registration.runOf(kind),
          registration.who,
          ++lastNumber,
        );
      }));
      const replies = await pipeline.exec() as readonly (readonly [error: unknown, reply: unknown])[];
      return parts.flatMap((part, i) => {
        const [error, reply] = replies[i] ?? [];
        if (!(part instanceof Chunk)) return [error];
        return readAnswer(part, error, reply).map((error) => error === undefined ? error : refusal ?? error);
      });
    },
  };
}
