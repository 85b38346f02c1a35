import { utf8Length } from "../../core/utf8.ts";
import { MAX_SHARED_FRAME_BYTES } from "../_session/outbox.ts";
import type { Control } from "../_wire/frame.ts";

/** The size of a control without its topics, in bytes; estimated too large. */
const OVERHEAD_BYTES = 256;

type Kind = "subscribe" | "unsubscribe";

/**
 * Announces to a hub, on one connection, which topics are wanted. Changes of the same turn of the event loop share one
 * control. Only the answer to the last request for a topic counts.
 */
export class Announcer {
  readonly #send: (control: Control) => void;
  /** The reference of the last request for each topic that is not answered. */
  readonly #requests = new Map<string, string>();
  #lastRef = 0;
  /** The last of the requests for all that was wanted when the connection opened. */
  #lastFirstRef: number | undefined;
  #kind: Kind = "subscribe";
  #topics: string[] = [];

  /** @param send Sends a control to the hub, behind everything that was sent before. */
  constructor(send: (control: Control) => void) {
    this.#send = send;
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
    if (kind === "unsubscribe") this.#requests.delete(topic);
    if (this.#topics.push(topic) === 1) queueMicrotask(() => this.flush());
  }

  /** Announces everything that is wanted, once the connection is open. */
  announceAll(topics: Iterable<string>, send: (control: Control) => void): void {
    this.#announce("subscribe", [...topics], send);
    this.#lastFirstRef = this.#lastRef;
  }

  /** Sends pending announcements ahead of the next event. */
  flush(): void {
    const topics = this.#topics;
    this.#topics = [];
    this.#announce(this.#kind, topics, this.#send);
  }

  /** Whether the hub has yet to answer a request for a topic. */
  isRequested(topic: string): boolean {
    return this.#requests.has(topic) || (this.#kind === "subscribe" && this.#topics.includes(topic));
  }

  /** Takes an answer for a topic. Returns whether it is the answer to the last request for it. */
  takeAnswer(ref: string, topic: string): boolean {
    return this.#requests.get(topic) === ref && this.#requests.delete(topic);
  }

  #announce(kind: Kind, topics: readonly string[], send: (control: Control) => void): void {
    for (const chunk of chunksOf(topics)) {
      const ref = String(++this.#lastRef);
      if (kind === "subscribe") { for (const topic of chunk) this.#requests.set(topic, ref); }
      send({ kind, ref, topics: chunk });
    }
  }
}

/** The fewest chunks that fit into frames that every hub accepts. */
function chunksOf(topics: readonly string[]): string[][] {
  const chunks: string[][] = [];
  let bytes = Infinity;
  for (const topic of topics) {
    const size = utf8Length(JSON.stringify(topic)) + 1;
    if (bytes + size > MAX_SHARED_FRAME_BYTES) {
      chunks.push([]);
      bytes = OVERHEAD_BYTES;
    }
    chunks.at(-1)?.push(topic);
    bytes += size;
  }
  return chunks;
}
