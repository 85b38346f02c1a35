import { ConnectionLostError } from "../../core/errors.ts";
import type { WireEnd } from "./wire.ts";

/**
 * What subscriptions and flushes are told of the end of a wire.
 *
 * @param end Why it ended.
 * @returns The error.
 */
export function connectionLost({ code, reason, error }: WireEnd): ConnectionLostError {
  const detail = [code === undefined ? "" : ` with the code ${code}`, reason ? `: ${reason}` : ""].join("");
  return new ConnectionLostError(`The connection ended${detail}`, { code, reason, cause: error });
}

/**
 * What is reported of events that did not leave.
 *
 * @param events How many.
 * @returns The error.
 */
export function unsentError(events: number): Error {
  return new Error(`${events} events were not sent before the connection ended`);
}
