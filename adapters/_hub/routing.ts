import type { Dispatcher } from "../../core/dispatcher.ts";
import type { Readiness } from "../../core/listener_table.ts";
import type { EventEnvelope, FlushOptions } from "../../core/types.ts";
import type { Via } from "../../core/via.ts";
import type { Fanout } from "./outgoing/fanout.ts";
import type { Spoke } from "./spoke.ts";

/** The paths of events between a hub's program and its spokes: direct ones, or over an upstream. */
export interface Routing {
  /** The source of the topics that spokes subscribe to. */
  readonly topics: TopicSource;
  /** Publishes an event of the hub's program. */
  publish(envelope: EventEnvelope): void;
  /** Relays an event that a spoke has sent, with the hubs that the spoke claims. */
  relayFrom(spoke: Spoke, envelope: EventEnvelope, via: Via | undefined): void;
  /** A topic gets its first listener in the hub's program. */
  onFirstListener(topic: string): Readiness;
  /** A topic has lost its last listener in the hub's program. */
  onLastListener(topic: string): void;
  /** Resolves when everything that was published before has reached this hub's spokes. */
  flush(options: FlushOptions | undefined): Promise<void>;
  /** Relays nothing more. */
  stop(): void;
}

/** The source of a hub's topics, which counts their holders. A topic is a full topic, a bare type or `*`. */
export interface TopicSource {
  /** Retains a topic, unless the holder has it already. Returns `true` if the topic is acknowledged at once. */
  retain(topic: string, holder: TopicHolder): boolean;
  /** Releases a topic, if the holder has it. */
  release(topic: string, holder: TopicHolder): void;
}

/** Something that needs a topic: a spoke's subscription or request, or the hub's own listeners. */
export interface TopicHolder {
  /** The topic is acknowledged: its events arrive from now on. */
  onAcknowledged(topic: string): void;
  /** The topic was refused or revoked, and is not retained any more. */
  onRefused(topic: string, reason: string): void;
}

/** Sends the program's events to the spokes, and the spokes' events to the program. */
export function directRouting(dispatcher: Dispatcher, fanout: Fanout): Routing {
  return {
    topics: { retain: () => true, release() {} },
    publish: (envelope) => fanout.send(envelope),
    relayFrom: (_spoke, envelope) => dispatcher.emit(envelope),
    onFirstListener: () => "ready",
    onLastListener() {},
    flush: () => Promise.resolve(),
    stop() {},
  };
}
