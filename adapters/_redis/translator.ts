import { decodeError, describe } from "../../core/describe.ts";
import type { EventTargetStats } from "../../core/types.ts";
import type { TopicChannel } from "./channels.ts";
import { checkMessage } from "./check_message.ts";
import type { ClientBytes } from "./client.ts";
import type { RedisEventTargetConfig } from "./config.ts";
import { eventsOfRun } from "./run.ts";
import { MessageCodec } from "./serializer.ts";
import { TracedMessageCodec } from "./traced_codec.ts";

/** The callbacks of a {@linkcode Translator}. */
export interface TranslatorHandler {
  report(stage: "encode" | "decode", error: unknown, topic: string): void;
  /** A message is not delivered. */
  onRefused(): void;
}

/** Makes messages of events, and events of messages. It reports and counts what it cannot translate. */
export class Translator {
  readonly codec: MessageCodec;
  readonly #config: RedisEventTargetConfig;
  readonly #handler: TranslatorHandler;
  #unencodable = 0;
  #undecodable = 0;
  #invalid = 0;

  constructor(config: RedisEventTargetConfig, handler: TranslatorHandler) {
    this.#config = config;
    this.#handler = handler;
    const { serializer, tracing } = config;
    this.codec = tracing === undefined
      ? new MessageCodec(serializer)
      : new TracedMessageCodec(serializer, tracing);
  }

  /** Returns the message, or `undefined` if it cannot be encoded. */
  encode<T>({ topic }: TopicChannel, encode: () => T): T | undefined {
    try {
      return encode();
    } catch (error) {
      this.#unencodable++;
      this.#handler.report("encode", error, topic);
      return undefined;
    }
  }

  /** Returns the events of a message, or `undefined` if it cannot be decoded: each is an envelope or any other detail. */
  decode({ topic, template }: TopicChannel, message: ClientBytes): readonly unknown[] | undefined {
    try {
      const detail = this.codec.decode(message, template);
      return eventsOfRun(detail) ?? [detail];
    } catch (cause) {
      this.#undecodable++;
      this.#refuse(decodeError(`a message on ${describe(topic)}`, cause), topic);
      return undefined;
    }
  }

  /** Whether an event is as its schema says. */
  admits(topic: string, detail: unknown): boolean {
    const refusal = checkMessage(this.#config, topic, detail);
    if (refusal === undefined) return true;
    this.#invalid++;
    this.#refuse(refusal, topic);
    return false;
  }

  /** Adds its counts to those of the event target. */
  addTo({ published, heard, ...rest }: EventTargetStats): EventTargetStats {
    const decode = (heard.dropped.decode ?? 0) + this.#undecodable;
    return {
      ...rest,
      published: { ...published, dropped: { ...published.dropped, encode: this.#unencodable } },
      heard: { ...heard, dropped: { ...heard.dropped, decode, invalid: this.#invalid } },
    };
  }

  #refuse(error: Error, topic: string): void {
    this.#handler.onRefused();
    this.#handler.report("decode", error, topic);
  }
}
