import { describe } from "../describe.ts";
import type { PayloadFault, PayloadIssue } from "../defined_events.ts";
import { topicOfEnvelope } from "../envelope.ts";
import type { EventEnvelope } from "../types.ts";
import { InvalidPayloadError } from "./errors.ts";
import { publicIssues } from "./payload_issues.ts";

/** The refusal of one event. */
export class SchemaFault implements PayloadFault {
  readonly reason: string;
  readonly #envelope: EventEnvelope;
  /** What the schema returned. */
  readonly #found: unknown;
  readonly #thrown: { readonly cause: unknown } | undefined;
  #issues: readonly PayloadIssue[] | undefined;

  constructor(
    reason: string,
    envelope: EventEnvelope,
    issues?: unknown,
    thrown?: { readonly cause: unknown },
  ) {
    this.reason = reason;
    this.#envelope = envelope;
    this.#found = issues;
    this.#thrown = thrown;
  }

  get issues(): readonly PayloadIssue[] {
    return this.#issues ??= publicIssues(this.#found, this.#envelope.payload);
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
    const topic = topicOfEnvelope(this.#envelope);
    const message = `Cannot accept an event on ${describe(topic)}: ${this.explanation}`;
    return new InvalidPayloadError(message, { topic, issues: this.issues, ...this.#thrown });
  }
}
