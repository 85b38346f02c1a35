import { callSafely, printError } from "../../core/report.ts";
import type { ErrorStage } from "../../core/types.ts";
import { GOING_AWAY, HEARTBEAT_TIMEOUT, TRY_AGAIN_LATER } from "../_wire/close_codes.ts";
import { connectionLost } from "../_wire/connection_lost.ts";
import type { WireEnd } from "../_wire/wire.ts";
import type { HubBounds } from "./bounds.ts";
import { Connections } from "./connections.ts";
import { countEnd } from "./count_end.ts";
import { createSpoke } from "./create_spoke.ts";
import type { HubCounters } from "./hub_counters.ts";
import type { HubParts } from "./hub_parts.ts";
import type { Links } from "./identity/links.ts";
import type { Incoming } from "./incoming/incoming.ts";
import { OpeningRights } from "./incoming/opening_rights.ts";
import type { Fanout } from "./outgoing/fanout.ts";
import { peerContext } from "./peer_context.ts";
import type { Spoke } from "./spoke.ts";
import type { SpokeHost } from "./spoke_parts.ts";
import { StallDetector } from "./stall_detector.ts";
import type { HubOptions } from "./types.ts";

/** The parts of a hub that its spokes come from and go to. */
interface HubSpokesParts<TConnection> {
  readonly parts: HubParts<TConnection>;
  readonly options: HubOptions<TConnection>;
  readonly bounds: HubBounds;
  readonly counters: HubCounters;
  readonly fanout: Fanout;
  readonly links: Links;
  readonly incoming: Incoming;
  readonly isEnded: () => boolean;
  readonly report: (stage: ErrorStage, error: Error) => void;
}

/** The spokes of a hub, from their connection to their end, of which the program is notified. */
export class HubSpokes<TConnection> implements SpokeHost<Spoke> {
  readonly connections: Connections<TConnection>;
  readonly incoming: Incoming;
  readonly links: Links;
  readonly #hub: HubSpokesParts<TConnection>;
  /** Whether spokes are sent every event that they may receive until they are open. An upstream delivers only topics that are wanted. */
  readonly #sendsWhileOpening: boolean;
  /** Spokes that could turn to another hub are dropped after a stall. */
  readonly #stallDetector: StallDetector | undefined;

  constructor(hub: HubSpokesParts<TConnection>) {
    const { parts: { exclusive = false }, options, bounds, links, incoming } = hub;
    const { upstream, authenticate, dropsSilentPeers } = options;
    this.#hub = hub;
    this.links = links;
    this.incoming = incoming;
    this.connections = new Connections(bounds, dropsSilentPeers === true);
    this.#sendsWhileOpening = exclusive && upstream === undefined && authenticate === undefined;
    this.#stallDetector = exclusive || upstream === undefined
      ? undefined
      : new StallDetector(bounds.heartbeatMs, (ms) => this.#onStall(ms));
  }

  get all(): readonly Spoke<TConnection>[] {
    return [...this.connections.spokes.values()];
  }

  add(connection: TConnection, context: unknown): Spoke<TConnection> {
    const { connections } = this;
    const known = connections.get(connection);
    if (known !== undefined) return known;
    const { parts, options, bounds, counters, fanout, isEnded } = this.#hub;
    const traffic = counters.spokes;
    const spoke = createSpoke(parts, options, { connection, context, bounds, traffic, host: this });
    if (isEnded()) {
      counters.late++;
      this.#turnAway(spoke, GOING_AWAY, "the hub is closed");
      return spoke;
    }
    connections.awaitOpen(spoke);
    if (connections.isFull) {
      counters.full++;
      this.#turnAway(spoke, TRY_AGAIN_LATER, `more than ${bounds.maxConnections} connections`);
      return spoke;
    }
    connections.spokes.set(connection, spoke);
    spoke.attached = true;
    this.#stallDetector?.start();
    if (this.#sendsWhileOpening) fanout.opening.set(spoke, new OpeningRights(options.authorize, spoke));
    spoke.session.start();
    return spoke;
  }

  remove(connection: TConnection): boolean {
    const spoke = this.connections.spokes.get(connection);
    if (spoke === undefined) return false;
    this.connections.release(spoke);
    this.#forget(spoke, undefined, {}, false);
    spoke.session.detach();
    return true;
  }

  /** Closes all. */
  async closeAll(code: number, reason: string): Promise<void> {
    this.connections.stop();
    await Promise.all(this.all.map((spoke) => spoke.closeFor(code, reason)));
  }

  onSpokeFrame(): void {
    this.#stallDetector?.check();
    this.incoming.beginTurn();
  }

  onSpokeOpen(spoke: Spoke<TConnection>): void {
    if (!spoke.attached) return;
    this.connections.onOpen(spoke);
    spoke.connectionTold = true;
    this.#hub.counters.opened++;
    this.#notify(spoke, "onConnection");
    // Only now: events that the callback publishes still wait for the wire.
    this.#hub.fanout.opening.delete(spoke);
  }

  onSpokeSlow(spoke: Spoke<TConnection>, bufferedBytes: number): void {
    if (!spoke.attached) return;
    // Before anybody is notified: events that are published meanwhile are not for this spoke any more.
    this.incoming.subscriptions.forget(spoke);
    spoke.report("backpressure", new Error(`The spoke reads too slowly: ${bufferedBytes} bytes wait for it`));
    if (spoke.attached) this.#notify(spoke, "onBackpressure");
    spoke.expel(TRY_AGAIN_LATER, "reads too slowly");
  }

  onSpokeEnd(spoke: Spoke<TConnection>, end: WireEnd): void {
    if (!spoke.attached) return;
    this.connections.closing.add(spoke);
    const isLost = !this.#hub.isEnded();
    this.#forget(spoke, isLost ? connectionLost(end) : undefined, end, isLost && !spoke.droppedByHub);
  }

  onSpokeReleased(spoke: Spoke<TConnection>): void {
    this.connections.release(spoke);
  }

  /** Drops all spokes: what waits in their sockets may be older than what they have said to another hub. */
  #onStall(ms: number): void {
    const reason = `the hub stood still for ${Math.round(ms)} ms`;
    const { all } = this;
    this.#hub.report("connect", new Error(`All ${all.length} connections are dropped: ${reason}`));
    for (const spoke of all) spoke.expel(HEARTBEAT_TIMEOUT, reason);
  }

  /** Ends a connection that does not become a spoke. */
  #turnAway(spoke: Spoke<TConnection>, code: number, reason: string): void {
    const error = connectionLost({ code, reason });
    this.connections.closing.addTurnedAway(spoke);
    spoke.session.start();
    spoke.session.drop(code, reason);
    spoke.finish(error, { code, reason });
    spoke.report("connect", error);
  }

  /** Forgets a spoke, ends its event target, and notifies the program. */
  #forget(spoke: Spoke<TConnection>, error: Error | undefined, end: WireEnd, keepsEvents: boolean): void {
    const { spokes } = this.connections;
    const { counters, fanout } = this.#hub;
    spokes.delete(spoke.connection);
    spoke.attached = false;
    countEnd(counters.ended, end.code);
    if (spokes.size === 0) this.#stallDetector?.stop();
    fanout.opening.delete(spoke);
    this.links.release(spoke);
    this.incoming.forget(spoke, keepsEvents);
    spoke.finish(error, end);
    if (spoke.connectionTold) this.#notify(spoke, "onDisconnection");
  }

  /** Notifies the program of a change of a spoke. */
  #notify(spoke: Spoke<TConnection>, name: "onConnection" | "onDisconnection" | "onBackpressure"): void {
    const callback = this.#hub.options[name];
    const stage = name === "onBackpressure" ? "backpressure" : "connect";
    callSafely(
      () => callback?.(spoke, spoke.connection),
      (error) => printError(error, { target: spoke, stage, ...peerContext(spoke) }),
    );
  }
}
