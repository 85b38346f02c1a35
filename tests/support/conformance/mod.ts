/**
 * The behaviour that every event target has, on any transport. A target provides two ends: an event that is published on
 * `near` arrives on `far`. If a kind of target may differ, {@linkcode LACKS} quotes the contract that permits it.
 */
import { testDispatch } from "./dispatch.ts";
import { testEnds } from "./ends.ts";
import { testListeners } from "./listeners.ts";
import { testPayloads } from "./payloads.ts";
import { testSubscriptions } from "./subscriptions.ts";
import { type Subject, Suite } from "./suite.ts";

export type { Ends, Fault, Subject } from "./suite.ts";

/** Runs the suite on an event target. The names of its tests start with `name`. */
export function testEventTarget(name: string, subject: Subject): void {
  const suite = new Suite(name, subject);
  testListeners(suite);
  testDispatch(suite);
  testPayloads(suite, subject.unencodable);
  testSubscriptions(suite);
  testEnds(suite);
}
