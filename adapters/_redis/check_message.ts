import { envelopeOn } from "../../core/envelope.ts";
import { splitTopic } from "../../core/topic.ts";
import type { RedisEventTargetConfig } from "./config.ts";

/** The error of a message that the schema of its type refuses. A detail that is not an envelope is checked as a payload. */
export function checkMessage(
  { events, unknownTypes }: Pick<RedisEventTargetConfig, "events" | "unknownTypes">,
  topic: string,
  detail: unknown,
): Error | undefined {
  if (events === undefined) return undefined;
  const { type, id = "" } = splitTopic(topic);
  const envelope = envelopeOn(topic, detail) ?? { type, id, payload: detail };
  return events.faultAtOnce(envelope, unknownTypes)?.toError();
}
