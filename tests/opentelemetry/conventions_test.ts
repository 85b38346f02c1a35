import { assertEquals } from "@std/assert";
import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import * as incubating from "@opentelemetry/semantic-conventions/incubating";
import config from "../../deno.json" with { type: "json" };
import {
  ATTRIBUTES,
  CONVENTIONS_VERSION,
  ERROR_STATUS,
  OPERATIONS,
  SCHEMA_URL,
} from "../../opentelemetry/conventions.ts";

Deno.test("the names of the semantic conventions are those of the version that they are pinned to", () => {
  const specifier = config.imports["@opentelemetry/semantic-conventions"];
  assertEquals(specifier, `npm:@opentelemetry/semantic-conventions@${CONVENTIONS_VERSION}`);
  assertEquals(SCHEMA_URL.endsWith(`/schemas/${CONVENTIONS_VERSION}`), true);
  assertEquals(ATTRIBUTES, {
    system: incubating.ATTR_MESSAGING_SYSTEM,
    operationName: incubating.ATTR_MESSAGING_OPERATION_NAME,
    operationType: incubating.ATTR_MESSAGING_OPERATION_TYPE,
    destination: incubating.ATTR_MESSAGING_DESTINATION_NAME,
    template: incubating.ATTR_MESSAGING_DESTINATION_TEMPLATE,
    errorType: incubating.ATTR_ERROR_TYPE,
  });
  assertEquals(OPERATIONS, {
    publish: { type: incubating.MESSAGING_OPERATION_TYPE_VALUE_SEND, kind: SpanKind.PRODUCER },
    process: { type: incubating.MESSAGING_OPERATION_TYPE_VALUE_PROCESS, kind: SpanKind.CONSUMER },
  });
  assertEquals(ERROR_STATUS, SpanStatusCode.ERROR);
});
