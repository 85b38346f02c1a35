import { isTopic, topicOf } from "../../core/topic.ts";
import { type EnvelopeForm, formOf } from "./envelope_template.ts";

/** Where the events of one topic go. */
export interface Route {
  readonly topic: string;
  readonly channel: string;
  /** What their messages have in common, once that is worth to be known. */
  readonly form?: EnvelopeForm;
}

const NOWHERE: Route = { topic: "", channel: "" };

/** Finds the route of each event. Events of one topic come in rows, so the last one of either direction is kept. */
export class Routes {
  readonly #prefix: string;
  #lastOut = NOWHERE;
  #lastIn = NOWHERE;

  /** @param prefix What stands before every channel. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /**
   * The route of an event that leaves.
   *
   * @param type Its type.
   * @param id Its id.
   * @returns The route.
   */
  of(type: string, id: string): Route {
    if (!isTopic(this.#lastOut.topic, type, id)) return this.#lastOut = this.to(topicOf(type, id));
    return this.#lastOut = withForm(this.#lastOut);
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

  /**
   * The route of a message that arrives.
   *
   * @param channel Its channel, prefix included.
   * @returns The route.
   */
  from(channel: string): Route {
    if (channel !== this.#lastIn.channel) {
      return this.#lastIn = { topic: channel.slice(this.#prefix.length), channel };
    }
    return this.#lastIn = withForm(this.#lastIn);
  }
}

function withForm(route: Route): Route {
  return route.form === undefined ? { ...route, form: formOf(route.topic) } : route;
}
