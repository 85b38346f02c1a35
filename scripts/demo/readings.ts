import { cpus } from "node:os";
import type { EventEnvelope } from "@alkdev/pubsub";

/** A reading of the machine, which the hub of the demo publishes. */
export interface Reading {
  /** Its number among all readings of the hub, from 1. */
  readonly seq: number;
  /** The time of its publication, in milliseconds since 1970, to the microsecond. */
  readonly sentAt: number;
  /** The value, in the unit of its type. */
  readonly value: number;
}

/** The event types of the demo. */
export type ReadingEvents = { load: Reading; memory: Reading; cpu: Reading };

/** An event of the demo. */
export type ReadingEvent = EventEnvelope<Reading, keyof ReadingEvents>;

/** The unit of each event type. */
export const UNITS: Readonly<Record<keyof ReadingEvents, string>> = { load: "", memory: "MiB", cpu: "s" };

const BYTES_PER_MEBIBYTE = 1024 * 1024;

/** Reads the load, memory and CPU time of the machine. */
export function readMachine(): [type: keyof ReadingEvents, id: string, value: number][] {
  const [oneMinute = 0, fiveMinutes = 0, fifteenMinutes = 0] = Deno.loadavg();
  const { total, available } = Deno.systemMemoryInfo();
  const times = cpus().map(({ times }) => times);
  const seconds = (mode: "user" | "sys"): number => times.reduce((sum, time) => sum + time[mode], 0) / 1000;
  return [
    ["load", "1m", oneMinute],
    ["load", "5m", fiveMinutes],
    ["load", "15m", fifteenMinutes],
    ["memory", "used", (total - available) / BYTES_PER_MEBIBYTE],
    ["memory", "available", available / BYTES_PER_MEBIBYTE],
    ["cpu", "user", seconds("user")],
    ["cpu", "system", seconds("sys")],
  ];
}

/** Whether a value from another process is an event of the demo. */
export function isReadingEvent(value: unknown): value is ReadingEvent {
  return hasMembers(value, { type: "string", id: "string", payload: "object" }) &&
    Object.hasOwn(UNITS, String(value["type"])) &&
    hasMembers(value["payload"], { seq: "number", sentAt: "number", value: "number" });
}

/** Whether a value is an object with members of these types, as `typeof` names them. */
export function hasMembers<TName extends string>(
  value: unknown,
  types: Readonly<Record<TName, "string" | "number" | "object">>,
): value is Record<TName, unknown> {
  return typeof value === "object" && value !== null &&
    Object.entries(types).every(([name, type]) => typeof Reflect.get(value, name) === type);
}
