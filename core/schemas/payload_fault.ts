import { describe } from "../describe.ts";
import type { PayloadFault, PayloadIssue } from "../defined_events.ts";
import { topicOf } from "../topic.ts";
import type { EventEnvelope } from "../types.ts";
import { InvalidPayloadError } from "./errors.ts";
import { publicIssues } from "./payload_issues.ts";

/** The result of a schema: what it returned or threw. */
export interface Finding {
  readonly issues?: unknown;
  readonly cause?: unknown;
  /** The cause in words that are not those of a schema, for the error alone. */
  readonly why?: string;
}

/** The refusal of one event. */
export class SchemaFault implements PayloadFault {
  readonly reason: string;
  readonly #type: string;
  readonly #id: string;
  /** Forgotten once the issues are copied: an error keeps the objects of its stack, and this is one of them. */
  #payload: unknown;
  #found: Finding;
  #issues: readonly PayloadIssue[] | undefined;

  constructor(reason: string, { type, id, payload }: EventEnvelope, found: Finding = {}) {
    this.reason = reason;
    this.#type = type;
    this.#id = id;
    this.#payload = payload;
    this.#found = found;
  }

  get issues(): readonly PayloadIssue[] {
    if (this.#issues === undefined) {
      const { issues, ...rest } = this.#found;
      this.#issues = publicIssues(issues, this.#payload);
      this.#payload = undefined;
      this.#found = rest;
    }
    return this.#issues;
  }

  get explanation(): string {
    const { reason, issues } = this;
    const [first] = issues;
    if (first === undefined) return reason;
    const where = first.path === undefined ? "" : `${first.path.join(".")}: `;
    const more = issues.length > 1 ? ` (and ${issues.length - 1} more issues)` : "";
    return `${reason}: ${where}${first.message}${more}`;
  }

  toError(): InvalidPayloadError {
    const { issues, explanation } = this;
    const topic = topicOf(this.#type, this.#id);
    const { why, ...found } = this.#found;
    const reason = why === undefined ? explanation : `${explanation}: ${why}`;
    const message = `Cannot accept an event on ${describe(topic)}: ${reason}`;
    return new InvalidPayloadError(message, { ...found, topic, issues });
  }
}
