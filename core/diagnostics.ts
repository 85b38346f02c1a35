import type { ErrorContext, EventTargetStatus, PubSubEventTarget } from "./types.ts";

/**
 * A message on the channel `@alkdev/pubsub` of `node:diagnostics_channel`, on Node, Deno and Bun. Hubs, their spokes and Redis
 * event targets publish messages. No message is made while nobody listens. A listener must only look: it is called in the
 * middle of what the library does.
 *
 * @example Log the subscriptions of all spokes of the process
 * ```ts
 * import { subscribe } from "node:diagnostics_channel";
 * import type { Diagnostic } from "@alkdev/pubsub";
 *
 * subscribe("@alkdev/pubsub", (message) => {
 *   const diagnostic = message as Diagnostic;
 *   if (diagnostic.kind === "subscription") console.debug(diagnostic.active, diagnostic.topic);
 * });
 * ```
 */
export type Diagnostic = StatusDiagnostic | FaultDiagnostic | SubscriptionDiagnostic | RefusalDiagnostic;

/** A hub, a spoke of a hub or a Redis event target has a new status. Of a spoke, `closed` has the close code. */
export interface StatusDiagnostic {
  /** Tells the messages apart. */
  readonly kind: "status";
  /** The event target. */
  readonly target: PubSubEventTarget;
  /** Its status. */
  readonly status: EventTargetStatus;
}

/** A fault is about to be reported to `onError` of such an event target. */
export interface FaultDiagnostic extends ErrorContext {
  /** Tells the messages apart. */
  readonly kind: "fault";
  /** The value that was thrown, or the error that the library reports. */
  readonly error: unknown;
}

/** A spoke of a hub is subscribed to a topic, or is not any more. */
export interface SubscriptionDiagnostic {
  /** Tells the messages apart. */
  readonly kind: "subscription";
  /** The event target of the spoke. */
  readonly target: PubSubEventTarget;
  /** The topic, as the spoke named it. */
  readonly topic: string;
  /** Whether it is subscribed now. */
  readonly active: boolean;
}

/** A spoke of a hub is refused a topic, or the right to it was withdrawn. */
export interface RefusalDiagnostic {
  /** Tells the messages apart. */
  readonly kind: "refusal";
  /** The event target of the spoke. */
  readonly target: PubSubEventTarget;
  /** The topic, as the spoke named it. */
  readonly topic: string;
  /** The reason that the spoke is given. */
  readonly reason: string;
  /** The cause of the refusal, as in `stats().subscribers.refused` of the hub. */
  readonly by: string;
}

/** A channel of the runtime. */
interface Channel {
  readonly hasSubscribers: boolean;
  publish(message: Diagnostic): void;
}

/** A runtime that has channels. */
interface Process {
  getBuiltinModule?(name: string): { channel(name: string): Channel } | undefined;
}

const channel = /* @__PURE__ */ findChannel();

/** The module is not imported: bundlers of pages would look for it. */
function findChannel(): Channel | undefined {
  // Cast: the types of a page have no process.
  const { process } = globalThis as { process?: Process };
  return process?.getBuiltinModule?.("node:diagnostics_channel")?.channel("@alkdev/pubsub");
}

/** Whether anybody listens. */
export function isDiagnosed(): boolean {
  return channel?.hasSubscribers === true;
}

/** Publishes a message, if anybody listens. */
export function diagnose(message: () => Diagnostic): void {
  if (isDiagnosed()) channel?.publish(message());
}
