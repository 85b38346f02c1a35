import { ConnectionLostError } from "../../core/errors.ts";
import type { WireEnd } from "./wire.ts";

/** The error that subscriptions and flushes get when their wire ends. */
export function connectionLost({ code, reason, error }: WireEnd): ConnectionLostError {
  const detail = [code === undefined ? "" : ` with the code ${code}`, reason ? `: ${reason}` : ""].join("");
  return new ConnectionLostError(`The connection ended${detail}`, { code, reason, cause: error });
}

/** The error that is reported for events that did not leave. */
export function unsentError(events: number): Error {
  return new Error(`${events} events were not sent before the connection ended`);
}
