import type { KeptEvent, PublishCommand } from "../publish/publish_strategy.ts";
import { type KeptType, randomSeed } from "./kept_type.ts";

/** The bounds of a script: with few receivers of each message, it holds Redis for less than 1 ms. */
export const MAX_EVENTS = 128;
const MAX_RUNS = 64;
const MAX_BYTES = 64 * 1024;

/** So many receivers of a message take as long as the message itself. */
const RECEIVERS = 16;

/** An id or a channel, and its number among those of a script. */
interface Slot {
  number: number;
}

/** Events in a row whose messages differ only in their payloads. They are one message, and one entry of the stream. */
interface Run {
  readonly slot: Slot;
  /** Each message, up to its payload. Of a message that stays as it is, all of it. */
  readonly head: string;
  readonly payloads: string[];
}

/** The events of one script. The script numbers the ids of all types, and the channels of events that are not kept. */
export class Chunk {
  readonly commands: PublishCommand[] = [];
  readonly #types = new Map<KeptType, Map<string, Slot>>();
  readonly #channels = new Map<string, Slot>();
  readonly #runs: Run[] = [];
  #bytes = 0;

  get kinds(): IterableIterator<KeptType> {
    return this.#types.keys();
  }

  /** Whether another event has room, if messages have so many receivers. */
  takes(command: PublishCommand, receivers: number): boolean {
    const share = Math.max(1, receivers / RECEIVERS);
    if (this.commands.length >= MAX_EVENTS) return false;
    if (this.#bytes + lengthOf(command) > MAX_BYTES / share) return false;
    return this.#runs.length < MAX_RUNS / share || this.#runFor(command[3]) !== undefined;
  }

  add(command: PublishCommand): void {
    const kept = command[3];
    this.commands.push(command);
    this.#bytes += lengthOf(command);
    const payload = kept?.parts.payload;
    const run = this.#runFor(kept);
    if (run !== undefined && payload !== undefined) run.payloads.push(payload);
    else {
      this.#runs.push({
        slot: this.#slotOf(command[1], kept),
        head: kept?.parts.head ?? String(command[2]),
        payloads: payload === undefined ? [] : [payload],
      });
    }
  }

  /** The keys and arguments of the script; `head` are those before the types. `previousOf` returns a type's last number. */
  argumentsOf(
    head: readonly [run: string, who: string, number: number],
    verifies: boolean,
    previousOf: (kind: KeptType) => number | undefined,
  ): (string | number)[] {
    let count = 0;
    const keys: string[] = [];
    const args: (string | number)[] = [...head, randomSeed(), verifies ? 1 : 0, this.#types.size];
    for (const [kind, ids] of this.#types) {
      keys.push(...kind.keys);
      args.push(kind.channel, kind.bounds, previousOf(kind) ?? "", ids.size);
      for (const [id, slot] of ids) {
        slot.number = ++count;
        args.push(`:${id}`);
      }
    }
    args.push(this.#channels.size);
    for (const [channel, slot] of this.#channels) {
      slot.number = ++count;
      args.push(channel);
    }
    for (const { slot, head, payloads } of this.#runs) {
      // Without the first brace, where the script puts the position, and the end of the name of the payload.
      const text = head.slice(1, payloads.length > 0 ? -'":'.length : undefined);
      args.push(slot.number + 256 * payloads.length, text);
      if (payloads.length > 1) args.push(payloads.slice(0, -1).join(","));
      args.push(...payloads.slice(-1));
    }
    return [keys.length, ...keys, ...args];
  }

  /** The last run, if it takes the event. */
  #runFor(kept: KeptEvent | undefined): Run | undefined {
    const last = this.#runs.at(-1);
    return kept?.parts.payload !== undefined && last?.head === kept.parts.head ? last : undefined;
  }

  #slotOf(channel: string, kept: KeptEvent | undefined): Slot {
    let slots = this.#channels;
    if (kept !== undefined) {
      slots = this.#types.get(kept.kind) ?? new Map<string, Slot>();
      this.#types.set(kept.kind, slots);
    }
    const name = kept?.id ?? channel;
    let slot = slots.get(name);
    if (slot === undefined) slots.set(name, slot = { number: 0 });
    return slot;
  }
}

function lengthOf(command: PublishCommand): number {
  const parts = command[3]?.parts;
  const length = parts === undefined ? command[2].length : parts.head.length + (parts.payload?.length ?? 0);
  return command[1].length + length;
}
