import type { CheckOptions, EventChecks, FindFault, PayloadFault, UnknownTypes } from "../defined_events.ts";
import { ignore } from "../ignore.ts";
import type { EventEnvelope, PubSubEventTarget } from "../types.ts";
import { CheckedTarget } from "./checked_target.ts";
import { SchemaFault } from "./payload_fault.ts";
import type { StandardSchema } from "./standard_schema.ts";
import { UNCHECKED } from "./type.ts";

const UNKNOWN_TYPE = "unknown event type";
const INVALID_PAYLOAD = "invalid payload";
/** The program's fault, not that of the publisher. */
const NOT_CHECKED = "the payload cannot be checked";

type Standard = StandardSchema["~standard"];

/** The schemas by event type, and what an event is by them. */
export class Definitions implements EventChecks {
  readonly eventTypes: readonly string[];
  readonly #schemas = new Map<string, Standard>();

  constructor(schemas: readonly (readonly [eventType: string, schema: StandardSchema])[]) {
    for (const [eventType, schema] of schemas) this.#schemas.set(eventType, schema["~standard"]);
    this.eventTypes = [...this.#schemas.keys()];
  }

  over(target: PubSubEventTarget, options: CheckOptions): PubSubEventTarget {
    return new CheckedTarget(this, target, options).asTarget();
  }

  faultOf(
    envelope: EventEnvelope,
    unknownTypes: UnknownTypes,
  ): PayloadFault | undefined | Promise<FindFault> {
    const standard = this.#standardOf(envelope, unknownTypes);
    if (standard === undefined || standard instanceof SchemaFault) return standard;
    try {
      const result: unknown = standard.validate(envelope.payload);
      return isLate(result)
        ? Promise.resolve(result).then(findLater, thrownLater)
        : faultIn(result, envelope);
    } catch (cause) {
      return thrown(envelope, cause);
    }
  }

  faultAtOnce(envelope: EventEnvelope, unknownTypes: UnknownTypes): PayloadFault | undefined {
    const checked = this.outputOf(envelope, unknownTypes);
    return checked instanceof SchemaFault ? checked : undefined;
  }

  /** Returns an event with the output of its schema, or its fault. A schema that is asynchronous is a fault. */
  outputOf(envelope: EventEnvelope, unknownTypes: UnknownTypes): EventEnvelope | SchemaFault {
    const standard = this.#standardOf(envelope, unknownTypes);
    if (standard === undefined) return envelope;
    if (standard instanceof SchemaFault) return standard;
    const { payload } = envelope;
    try {
      const result: unknown = standard.validate(payload);
      if (isLate(result)) {
        void Promise.resolve(result).catch(ignore);
        return unusable(envelope, "an asynchronous schema works on hubs alone");
      }
      return faultIn(result, envelope) ?? withPayload(envelope, Reflect.get(Object(result), "value"));
    } catch (cause) {
      return thrown(envelope, cause);
    }
  }

  /** The schema of an event, `undefined` if it is not checked, or the fault of an event of an unknown type. */
  #standardOf(envelope: EventEnvelope, unknownTypes: UnknownTypes): Standard | SchemaFault | undefined {
    const standard = this.#schemas.get(envelope.type);
    if (standard !== undefined) return standard === UNCHECKED["~standard"] ? undefined : standard;
    return unknownTypes === "pass" ? undefined : new SchemaFault(UNKNOWN_TYPE, envelope);
  }
}

function isLate(result: unknown): boolean {
  return typeof Object(result).then === "function";
}

/** The fault in the result of a schema, which may be anything. Throws if it cannot be read. */
function faultIn(result: unknown, envelope: EventEnvelope): SchemaFault | undefined {
  const { issues }: { issues?: unknown } = Object(result);
  if (issues) return new SchemaFault(INVALID_PAYLOAD, envelope, { issues });
  if (typeof result === "object" && result !== null && "value" in result) return undefined;
  return unusable(envelope, "the schema returned neither a value nor issues");
}

function thrown(envelope: EventEnvelope, cause: unknown): SchemaFault {
  return new SchemaFault(NOT_CHECKED, envelope, { cause });
}

/** The program's fault, which its handler of faults can read. The text has no part of the payload. */
function unusable(envelope: EventEnvelope, why: string): SchemaFault {
  return new SchemaFault(NOT_CHECKED, envelope, { cause: new TypeError(why), why });
}

function findLater(result: unknown): FindFault {
  return (envelope) => {
    try {
      return faultIn(result, envelope);
    } catch (cause) {
      return thrown(envelope, cause);
    }
  };
}

function thrownLater(cause: unknown): FindFault {
  return (envelope) => thrown(envelope, cause);
}

function withPayload(envelope: EventEnvelope, payload: unknown): EventEnvelope {
  if (payload === envelope.payload) return envelope;
  const { type, id, at } = envelope;
  return at === undefined ? { type, id, payload } : { type, id, payload, at };
}
