import type { Dispatcher } from "../../core/dispatcher.ts";
import type { Readiness } from "../../core/listener_table.ts";
import type { EventEnvelope } from "../../core/types.ts";
import type { Fanout } from "./outgoing/fanout.ts";
import type { Routing } from "./routing.ts";
import type { Spoke } from "./spoke.ts";
import type { TopicSource } from "./upstream/topic_source.ts";

const ALWAYS_ACKNOWLEDGED: TopicSource = { retain: () => true, release() {} };

/** Sends the program's events to the spokes, and the spokes' events to the program. */
export class DirectRouting implements Routing {
  readonly topics = ALWAYS_ACKNOWLEDGED;
  readonly #dispatcher: Dispatcher;
  readonly #fanout: Fanout;

  constructor(dispatcher: Dispatcher, fanout: Fanout) {
    this.#dispatcher = dispatcher;
    this.#fanout = fanout;
  }

  publish(envelope: EventEnvelope): void {
    this.#fanout.send(envelope);
  }

  relayFrom(_spoke: Spoke, envelope: EventEnvelope): void {
    this.#dispatcher.emit(envelope);
  }

  onFirstListener(): Readiness {
    return "ready";
  }

  onLastListener(): void {}

  flush(): Promise<void> {
    return Promise.resolve();
  }

  stop(): void {}
}
