import { isTopic, topicOf } from "../../core/topic.ts";
import { EnvelopeTemplate } from "./envelope_template.ts";

/** A topic and the channel that carries its events. */
export interface TopicChannel {
  readonly topic: string;
  readonly channel: string;
  /** Present from the second event in a row on: for a single event it costs more than it saves. */
  readonly template?: EnvelopeTemplate;
}

const NONE: TopicChannel = { topic: "", channel: "" };

/** Maps topics to channels and back. Consecutive events often share a topic, so the last one of each way is cached. */
export class TopicChannels {
  readonly #prefix: string;
  #lastSent = NONE;
  #lastReceived = NONE;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  forEvent(type: string, id: string): TopicChannel {
    if (!isTopic(this.#lastSent.topic, type, id)) return this.#lastSent = this.forTopic(topicOf(type, id));
    return this.#lastSent = withTemplate(this.#lastSent);
  }

  /** Accepts any string, since Redis carries events of any type. */
  forTopic(topic: string): TopicChannel {
    return { topic, channel: this.#prefix + topic };
  }

  forChannel(channel: string): TopicChannel {
    if (channel !== this.#lastReceived.channel) {
      return this.#lastReceived = { topic: channel.slice(this.#prefix.length), channel };
    }
    return this.#lastReceived = withTemplate(this.#lastReceived);
  }
}

function withTemplate(known: TopicChannel): TopicChannel {
  return known.template === undefined ? { ...known, template: new EnvelopeTemplate(known.topic) } : known;
}
