/** The interface between event targets and a tracing library. */

import type { EventEnvelope } from "./event.ts";
import type { ErrorStage } from "./stats.ts";

/**
 * Follows events over event targets, as their option `tracing`. `tracing()` of `@alkdev/pubsub/opentelemetry` returns one
 * that makes spans of OpenTelemetry; another tracing library can be connected by an implementation of this interface.
 *
 * A tracing puts itself in place of the methods that it needs, so that an event target without one pays nothing for it.
 *
 * @example Hand the same tracing to each event target on the way of an event
 * ```ts ignore
 * import * as api from "@opentelemetry/api";
 * import { createWebSocketServerEventTarget, type EventTracing } from "@alkdev/pubsub";
 * import { createRedisEventTarget } from "@alkdev/pubsub/event-target-redis";
 * import { tracing } from "@alkdev/pubsub/opentelemetry";
 *
 * const traces: EventTracing = tracing({ api });
 * const upstream = createRedisEventTarget({ publishClient, subscribeClient, tracing: traces });
 * const hub = createWebSocketServerEventTarget({ upstream, tracing: traces });
 * ```
 */
export interface EventTracing {
  /**
   * Runs a callback that handles an event, in a span if the event has a trace. `on` does so with its callbacks.
   *
   * @param event The event, as a subscription gave it.
   * @param callback Handles the event.
   * @returns The result of the callback. A span lasts until a promise that it returns has settled.
   */
  process<T>(event: EventEnvelope, callback: () => T): T;
  /**
   * Called once for each event target, by its constructor. It can replace the methods.
   *
   * @param target The event target, whose construction has not ended.
   */
  attach(target: TracedEventTarget): void;
  /**
   * Returns a codec that sends the traces of events with them, as the option `trace` of `encode`.
   *
   * @param codec The codec of the connections of an event target.
   */
  codec<TCodec extends TracedCodec>(codec: TCodec): TCodec;
  /**
   * The text that travels with an event as the member `trace` of its envelope.
   *
   * @param event The event, as it was published or as it arrived.
   * @returns `undefined` if the event has no trace.
   */
  traceOf(event: EventEnvelope): string | undefined;
  /**
   * An event arrived with a trace.
   *
   * @param event The event.
   * @param trace The member `trace` of its envelope: any value, since a peer sent it.
   */
  arrive(event: EventEnvelope, trace: unknown): void;
  /**
   * Gives an event the trace of another one.
   *
   * @param copy The event that listeners get.
   * @param event The event that it was made of.
   */
  inherit(copy: EventEnvelope, event: EventEnvelope): void;
}

/** The methods of an event target that a tracing can replace. */
export interface TracedEventTarget {
  /** The kind of the target. */
  readonly [Symbol.toStringTag]: string;
  /** Whether events that arrive here come from a peer that connected, as on a spoke of a hub. */
  readonly isOfPeer?: boolean;
  /** Reports a fault of a callback of the program. */
  report(stage: ErrorStage, error: unknown): void;
  /** Publishes an event, or relays one that arrived elsewhere. */
  publish(event: EventEnvelope): void;
  /** An event arrived over a connection: its envelope, the hubs that it came through, and what was decoded. */
  onEvent?(event: EventEnvelope, via: readonly string[] | undefined, arrived: unknown): boolean;
}

/** The part of a codec that a tracing replaces. */
export interface TracedCodec {
  /** Encodes an event, or a control of the protocol. */
  encode(event: EventEnvelope, control: boolean, options?: object): object;
}
