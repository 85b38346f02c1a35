import { utf8Length } from "../../core/utf8.ts";
import type { Control } from "../_wire/frame.ts";
import { MAX_SHARED_FRAME_BYTES } from "../_session/outbox.ts";

/** What the members of a control envelope take beside its topics, generously. */
const OVERHEAD_BYTES = 256;

type Kind = "subscribe" | "unsubscribe";

/**
 * Tells a hub on one connection which topics are wanted. What changes in one turn of the event loop goes as one control,
 * and an answer counts only for the question that was asked last.
 */
export class Announcer {
  readonly #send: (control: Control) => void;
  /** The question that is open for a topic, by the topic. */
  readonly #asked = new Map<string, string>();
  #lastRef = 0;
  /** The last of the questions about all that was wanted when the connection opened; until then there is none. */
  #firstRefs: number | undefined;
  #kind: Kind = "subscribe";
  #topics: string[] = [];

  /** @param send Sends a control to the hub, after all that was sent before. */
  constructor(send: (control: Control) => void) {
    this.#send = send;
  }

  /** Whether everything that was wanted has been announced. Until then there are no changes to tell. */
  get started(): boolean {
    return this.#firstRefs !== undefined;
  }

  /** Whether the hub still has to answer for a topic that was wanted when the connection opened. */
  get isWaiting(): boolean {
    for (const ref of this.#asked.values()) if (Number(ref) <= (this.#firstRefs ?? 0)) return true;
    return false;
  }

  /**
   * Announces a change; it leaves in a microtask, or with the next {@linkcode Announcer.flush}.
   *
   * @param kind Whether the topic is wanted from now on.
   * @param topic The topic, the bare type or `*`.
   */
  announce(kind: Kind, topic: string): void {
    if (!this.started) return;
    if (kind !== this.#kind) this.flush();
    this.#kind = kind;
    if (kind === "unsubscribe") this.#asked.delete(topic);
    if (this.#topics.push(topic) === 1) queueMicrotask(() => this.flush());
  }

  /**
   * Announces everything that is wanted, once the connection is open.
   *
   * @param topics The topics.
   * @param send Sends a control on it.
   */
  announceAll(topics: Iterable<string>, send: (control: Control) => void): void {
    this.#tell("subscribe", [...topics], send);
    this.#firstRefs = this.#lastRef;
  }

  /** Sends what was announced, so that it stands before whatever is sent next. */
  flush(): void {
    const topics = this.#topics;
    this.#topics = [];
    this.#tell(this.#kind, topics, this.#send);
  }

  /**
   * Whether a question about a topic is open.
   *
   * @param topic The topic.
   * @returns Whether the hub still has to answer.
   */
  isAsked(topic: string): boolean {
    return this.#asked.has(topic) || (this.#kind === "subscribe" && this.#topics.includes(topic));
  }

  /**
   * Whether an answer is to the last question about a topic; it is then closed.
   *
   * @param ref The question that is answered.
   * @param topic The topic.
   * @returns Whether it counts.
   */
  answered(ref: string, topic: string): boolean {
    return this.#asked.get(topic) === ref && this.#asked.delete(topic);
  }

  #tell(kind: Kind, topics: readonly string[], send: (control: Control) => void): void {
    for (const chunk of chunksOf(topics)) {
      const ref = String(++this.#lastRef);
      if (kind === "subscribe") { for (const topic of chunk) this.#asked.set(topic, ref); }
      send({ kind, ref, topics: chunk });
    }
  }
}

/** As few chunks as fit into frames that every hub accepts. */
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
