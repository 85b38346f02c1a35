import { isTopic, topicOf } from "../../core/topic.ts";

/** Where the events of one topic go. */
export interface Route {
  readonly topic: string;
  readonly channel: string;
  /** What the JSON of each of its envelopes starts with, once that is worth to be known. */
  readonly head?: string;
}

/** Finds the route of each event. Events of one topic come in rows, so the last one is kept. */
export class Routes {
  readonly #prefix: string;
  #last: Route = { topic: "", channel: "" };

  /** @param prefix What stands before every channel. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /**
   * The route of an event.
   *
   * @param type Its type.
   * @param id Its id.
   * @returns The route.
   */
  of(type: string, id: string): Route {
    if (!isTopic(this.#last.topic, type, id)) return this.#last = this.to(topicOf(type, id));
    if (this.#last.head === undefined) {
      const head = `{"type":${JSON.stringify(type)},"id":${JSON.stringify(id)},"payload":`;
      this.#last = { ...this.#last, head };
    }
    return this.#last;
  }

  /**
   * The route to a topic.
   *
   * @param topic The topic; any string.
   * @returns The route.
   */
  to(topic: string): Route {
    return { topic, channel: this.#prefix + topic };
  }
}
