import type { Dispatcher } from "../../core/dispatcher.ts";
import type { Readiness } from "../../core/listener_table.ts";
import type { EventEnvelope, FlushOptions } from "../../core/types.ts";
import type { Via } from "../../core/via.ts";
import type { Spoke } from "./spoke.ts";
import type { TopicSource } from "./upstream/upstream.ts";

/** The paths of events between a hub's program and its spokes: direct ones, or over an upstream. */
export interface Routing {
  /** The source of the topics that spokes subscribe to. */
  readonly topics: TopicSource;
  /** How many hubs away the outage is that keeps the upstream away; 0 without one. */
  readonly outageHops: number;
  /** Publishes an event of the hub's program. */
  publish(envelope: EventEnvelope): void;
  /** Relays an event that a spoke has sent, with the hubs that the spoke claims. Returns whether it could. */
  relayFrom(spoke: Spoke, envelope: EventEnvelope, via: Via | undefined): boolean;
  /** A topic gets its first listener in the hub's program. */
  onFirstListener(topic: string): Readiness;
  /** A topic has lost its last listener in the hub's program. */
  onLastListener(topic: string): void;
  /** Resolves when everything that was published before has reached this hub's spokes. */
  flush(options: FlushOptions | undefined): Promise<void>;
  /** Relays nothing more. */
  stop(): void;
}

/**
 * Sends the program's events to the spokes, and the spokes' events to the program.
 *
 * @param publish Sends an event to the spokes.
 */
export function directRouting(dispatcher: Dispatcher, publish: (envelope: EventEnvelope) => void): Routing {
  return {
    topics: { retain: () => true, release() {}, handOver() {} },
    outageHops: 0,
    publish,
    relayFrom(_spoke, envelope) {
      dispatcher.emit(envelope);
      return true;
    },
    onFirstListener: () => "ready",
    onLastListener() {},
    flush: () => Promise.resolve(),
    stop() {},
  };
}
