import type { MemoryCase } from "./case.ts";
import { CONNECTION_CASES } from "./connection_cases.ts";
import { INCOMING_CASES } from "./incoming_cases.ts";
import { OUTGOING_CASES } from "./outgoing_cases.ts";

/** What peers of a hub can do at worst, for each bound of docs/production.md. */
export const MEMORY_CASES: readonly MemoryCase[] = [
  ...OUTGOING_CASES,
  ...INCOMING_CASES,
  ...CONNECTION_CASES,
];
