import { mapKey } from "../../core/map_key.ts";
import type { EnvelopeListener } from "../../core/types.ts";
import { utf8Length } from "../../core/utf8.ts";
import { MAX_SHARED_FRAME_BYTES } from "../_session/plain_queue.ts";
import type { Sender } from "../_session/sender.ts";

/** The size of a control without its topics, in bytes; estimated too large. */
const OVERHEAD_BYTES = 256;

type Kind = "subscribe" | "unsubscribe";

/** A change of topics, with the reference of its request. */
export interface Announcement {
  readonly kind: Kind;
  readonly ref: string;
  readonly topics: readonly string[];
}

/**
 * Announces to a hub, on one connection, which topics are wanted. Changes of the same turn of the event loop share one
 * control. Only the answer to the last request for a topic counts.
 */
export class Announcer {
  protected readonly sender: Pick<Sender, "sendControl">;
  /** The reference of the last request for each topic that is not answered. */
  readonly #requests = new Map<string | number, string>();
  protected lastRef = 0;
  /** The last of the requests for all that was wanted when the connection opened. */
  #lastFirstRef: number | undefined;
  #kind: Kind = "subscribe";
  #topics: string[] = [];

  constructor(sender: Pick<Sender, "sendControl">) {
    this.sender = sender;
  }

  /** Whether all that was wanted when the connection opened has been announced. Only later changes are. */
  get started(): boolean {
    return this.#lastFirstRef !== undefined;
  }

  /** Whether the hub has yet to answer for a topic that was wanted when the connection opened. */
  get isWaiting(): boolean {
    for (const ref of this.#requests.values()) if (Number(ref) <= (this.#lastFirstRef ?? 0)) return true;
    return false;
  }

  /** Announces a change: in a microtask, or with the next {@linkcode Announcer.flush}. */
  announce(kind: Kind, topic: string): void {
    if (!this.started) return;
    if (kind !== this.#kind) this.flush();
    this.#kind = kind;
    if (kind === "unsubscribe") this.#requests.delete(mapKey(topic));
    if (this.#topics.push(topic) === 1) queueMicrotask(() => this.flush());
  }

  /** Announces everything that is wanted, once the connection is open, ahead of everything that waits. */
  announceAll(topics: Iterable<string>): void {
    this.#announce("subscribe", topics, true);
    this.#lastFirstRef = this.lastRef;
  }

  /** Sends pending announcements ahead of the next event. */
  flush(): void {
    const topics = this.#topics;
    if (topics.length === 0) return;
    this.#topics = [];
    this.#announce(this.#kind, topics);
  }

  /** Whether the hub has yet to answer a request for a topic. */
  isRequested(topic: string): boolean {
    return this.#requests.has(mapKey(topic)) || (this.#kind === "subscribe" && this.#topics.includes(topic));
  }

  /** Takes an answer for a topic. Returns whether it is the answer to the last request for it. */
  takeAnswer(ref: string, topic: string): boolean {
    const key = mapKey(topic);
    return this.#requests.get(key) === ref && this.#requests.delete(key);
  }

  /** Takes a refusal of a topic. Returns whether it counts. */
  takeRefusal(ref: string, topic: string): boolean {
    return this.takeAnswer(ref, topic);
  }

  /**
   * The hub has refused a topic, before its listeners are notified. Returns whether a listener waits for an answer of its own.
   *
   * @param _isAskedAgain Whether the hub will answer a newer request for it.
   */
  refuse(_topic: string, _isAskedAgain: boolean): (listener: EnvelopeListener) => boolean {
    return () => false;
  }

  /** Notes the last request for a topic. */
  protected onRequest(topic: string, ref: string): void {
    this.#requests.set(mapKey(topic), ref);
  }

  /** Sends a change. */
  protected send(announcement: Announcement, first?: boolean): void {
    this.sender.sendControl(announcement, first);
  }

  /** The size of a topic in a control, in bytes. */
  protected sizeOf(topic: string): number {
    return utf8Length(JSON.stringify(topic)) + 1;
  }

  #announce(kind: Kind, topics: Iterable<string>, first?: boolean): void {
    for (const chunk of chunksOf(topics, (topic) => this.sizeOf(topic))) {
      const ref = String(++this.lastRef);
      if (kind === "subscribe") { for (const topic of chunk) this.onRequest(topic, ref); }
      this.send({ kind, ref, topics: chunk }, first);
    }
  }
}

/** The fewest chunks that fit into frames that every hub accepts. */
export function chunksOf<T>(items: Iterable<T>, sizeOf: (item: T) => number): T[][] {
  const chunks: T[][] = [];
  let bytes = Infinity;
  for (const item of items) {
    const size = sizeOf(item);
    if (bytes + size > MAX_SHARED_FRAME_BYTES) {
      chunks.push([]);
      bytes = OVERHEAD_BYTES;
    }
    chunks.at(-1)?.push(item);
    bytes += size;
  }
  return chunks;
}
