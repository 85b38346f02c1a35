import type { PublishCommand } from "../publish/publish_strategy.ts";
import { type KeptType, randomSeed } from "./kept_type.ts";

/** The bounds of a script: with few receivers of each event, it holds Redis for less than 1 ms. */
export const MAX_EVENTS = 128;
const MAX_BYTES = 64 * 1024;

/** The events of one script. The script numbers the ids of all types, and the channels of events that are not kept. */
export class Chunk {
  readonly commands: PublishCommand[] = [];
  readonly #types = new Map<KeptType, Map<string, number[]>>();
  readonly #channels = new Map<string, number[]>();
  #bytes = 0;

  get kinds(): IterableIterator<KeptType> {
    return this.#types.keys();
  }

  /** Whether another event has room. */
  takes([, channel, message]: PublishCommand, maxEvents: number): boolean {
    return this.commands.length < maxEvents && this.#bytes + channel.length + message.length <= MAX_BYTES;
  }

  add(command: PublishCommand): void {
    const [, channel, message, kept] = command;
    let ids = this.#channels;
    if (kept !== undefined) {
      ids = this.#types.get(kept.kind) ?? new Map<string, number[]>();
      this.#types.set(kept.kind, ids);
    }
    const id = kept?.id ?? channel;
    const index = this.commands.push(command) - 1;
    const events = ids.get(id);
    if (events === undefined) ids.set(id, [index]);
    else events.push(index);
    this.#bytes += channel.length + message.length;
  }

  /** The keys and arguments of the script; `head` are those before the types. `previousOf` returns a type's last number. */
  argumentsOf(
    head: readonly [run: string, who: string, number: number],
    verifies: boolean,
    previousOf: (kind: KeptType) => number | undefined,
  ): unknown[] {
    const slots = new Array<number>(this.commands.length);
    let slot = 0;
    const place = (events: readonly number[]): void => {
      slot++;
      for (const index of events) slots[index] = slot;
    };
    const keys: string[] = [];
    const args: (string | number)[] = [...head, randomSeed(), verifies ? 1 : 0, this.#types.size];
    for (const [kind, ids] of this.#types) {
      keys.push(...kind.keys);
      args.push(kind.channel, kind.bounds, previousOf(kind) ?? "", ids.size);
      for (const [id, events] of ids) {
        place(events);
        args.push(`:${id}`);
      }
    }
    args.push(this.#channels.size);
    for (const [channel, events] of this.#channels) {
      place(events);
      args.push(channel);
    }
    this.commands.forEach(([, , message, kept], index) => {
      // Without the first brace: the script puts the position there.
      args.push((slots[index] ?? 0) + 256 * (kept?.head ?? 0), String(message).slice(1));
    });
    return [keys.length, ...keys, ...args];
  }
}
