import { type SessionCount, Traffic } from "../_session/traffic.ts";

/** The counters of a spoke that change rarely. */
type SpokeCount =
  | SessionCount
  // Events that were not sent since the spoke is slow, or closes.
  | "slow"
  | "closing"
  // Events that were not accepted, by reason.
  | "refused"
  | "invalid"
  | "rate"
  | "left"
  | "circle"
  // Gaps that were told, and replays that were sent to their end.
  | "gaps"
  | "replaysWhole"
  | "replaysLost";

/** The counters of one spoke, which counts for all spokes of its hub too, or of all of them. */
export class SpokeTraffic extends Traffic<SpokeCount> {
  /** Events that were encoded for many spokes, or of the past, and given to the spoke one by one. */
  given = 0;
  /** Events of one spoke that arrived. */
  heard = 0;
  /** Events that were accepted. */
  accepted = 0;
  readonly sum: SpokeTraffic | undefined;

  constructor(sum?: SpokeTraffic) {
    super();
    this.sum = sum;
  }

  override send(events: number, bytes: number): void {
    super.send(events, bytes);
    this.sum?.send(events, bytes);
  }

  override receive(bytes: number): void {
    super.receive(bytes);
    this.sum?.receive(bytes);
  }

  override add(name: SpokeCount, count = 1): void {
    super.add(name, count);
    this.sum?.add(name, count);
  }

  /** Counts for this spoke alone. */
  addHere(name: SpokeCount, count: number): void {
    super.add(name, count);
  }

  /** Counts an event that was accepted. Every event takes this path. */
  accept(): void {
    this.accepted++;
    if (this.sum !== undefined) this.sum.accepted++;
  }
}

/** Why a topic was refused. */
export type RefusalCause = "invalid" | "authorize" | "error" | "upstream" | "revoked" | "unsubscribed";

/** The counters of a hub, apart from those that each event target has. */
export class HubCounters {
  readonly spokes: SpokeTraffic = new SpokeTraffic();
  /** Events of the hub's program that its spokes or the upstream got. */
  handedOver = 0;
  /** Events of the program that no spoke was subscribed to, and that could not be encoded. */
  unheard = 0;
  encode = 0;
  /** Connections that opened, and those that were turned away. */
  opened = 0;
  full = 0;
  late = 0;
  /** The spokes that have ended, by close code. */
  readonly ended: Record<string, number> = {};
  /** Topics that spokes were refused, by cause. */
  readonly refused: Record<RefusalCause, number> = {
    invalid: 0,
    authorize: 0,
    error: 0,
    upstream: 0,
    revoked: 0,
    unsubscribed: 0,
  };
}
