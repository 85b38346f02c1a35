import type { ReadingEvent } from "./readings.ts";

/** How many latencies the percentiles are of, at the most: the last ones. */
const MAX_LATENCIES = 100_000;

/**
 * Compares what a spoke received with what the hub says that it sent, event by event and in order. Either may
 * be heard of first, since they come from two processes.
 */
export class Tally {
  /** How many events the hub sent on the topic. */
  sent = 0;
  /** How many events the spoke received. */
  received = 0;
  /** How many the hub sent and the spoke did not receive, or too late. */
  missed = 0;
  /** How many the spoke received that were not next: twice, out of order, changed, or never sent. */
  unexpected = 0;
  readonly #topic: string;
  readonly #expected: ReadingEvent[] = [];
  readonly #arrived: ReadingEvent[] = [];
  readonly #latenciesMs: number[] = [];

  /** @param topic What the spoke is subscribed to. */
  constructor(topic: string) {
    this.#topic = topic;
  }

  /** The hub has sent an event. */
  onSent(event: ReadingEvent): void {
    if (!["*", event.type, `${event.type}:${event.id}`].includes(this.#topic)) return;
    this.sent++;
    this.#expected.push(event);
    this.#compare();
  }

  /** The spoke has received an event. */
  onReceived(event: ReadingEvent, latencyMs: number): void {
    this.received++;
    this.#arrived.push(event);
    if (this.#latenciesMs.push(latencyMs) > MAX_LATENCIES) this.#latenciesMs.shift();
    this.#compare();
  }

  /** Nothing more is sent or received: what has no counterpart will get none. */
  end(): void {
    this.missed += this.#expected.splice(0).length;
    this.unexpected += this.#arrived.splice(0).length;
  }

  /**
   * Whether the spoke received all that was sent on its topic, once and in order, and there was something.
   */
  get isExact(): boolean {
    return this.received > 0 && this.received === this.sent && this.missed === 0 && this.unexpected === 0;
  }

  /** The latency that the given share of events did not exceed, in milliseconds. */
  latencyMs(share: number): number | undefined {
    const sorted = this.#latenciesMs.toSorted((a, b) => a - b);
    return sorted[Math.ceil(sorted.length * share) - 1];
  }

  #compare(): void {
    for (;;) {
      const [expected] = this.#expected;
      const [arrived] = this.#arrived;
      if (expected === undefined || arrived === undefined) return;
      if (isSame(expected, arrived)) {
        this.#expected.shift();
        this.#arrived.shift();
      } else if (arrived.payload.seq > expected.payload.seq) {
        this.#expected.shift();
        this.missed++;
      } else {
        this.#arrived.shift();
        this.unexpected++;
      }
    }
  }
}

function isSame(a: ReadingEvent, b: ReadingEvent): boolean {
  return a.type === b.type && a.id === b.id && a.payload.seq === b.payload.seq &&
    a.payload.sentAt === b.payload.sentAt && a.payload.value === b.payload.value;
}
