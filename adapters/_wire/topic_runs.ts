import { utf8Length } from "../../core/utf8.ts";

export const PAYLOAD_KEY = ',"payload":';

/** The common part of the envelopes of one topic: the text without a payload with its size, and the text up to it. */
export interface TopicRun {
  readonly type: string;
  readonly id: string;
  readonly bare: string;
  readonly bytes: number;
  readonly head: string;
}

/** Finds runs of envelopes of one topic: from the second envelope on, only their payloads are encoded or decoded. */
export class TopicRuns {
  last: TopicRun | undefined;
  #type: string | undefined;
  #id: string | undefined;

  /** The run that an envelope continues. */
  of(type: string, id: string): TopicRun | undefined {
    if (this.last?.type === type && this.last.id === id) return this.last;
    if (this.#type === type && this.#id === id) {
      const bare = JSON.stringify({ type, id });
      return this.last = {
        type,
        id,
        bare,
        bytes: utf8Length(bare),
        head: bare.slice(0, -1) + PAYLOAD_KEY,
      };
    }
    this.#type = type;
    this.#id = id;
    return undefined;
  }
}
