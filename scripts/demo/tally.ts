import type { ReadingEvent } from "./readings.ts";

/** The most latencies that the percentiles use: the last ones. */
const MAX_LATENCIES = 100_000;

/**
 * Compares the events that a spoke received with those that the hub sent, one by one and in order. Reports of either may
 * arrive first, since they come from two processes.
 */
export class Tally {
  /** The number of events that the hub sent on the topic. */
  sent = 0;
  /** The number of events that the spoke received. */
  received = 0;
  /** The number of events that the spoke did not receive, or received too late. */
  missed = 0;
  /** The number of events that the spoke received twice, out of order, changed, or without the hub sending them. */
  unexpected = 0;
  readonly #topic: string;
  readonly #expected: ReadingEvent[] = [];
  readonly #arrived: ReadingEvent[] = [];
  readonly #latenciesMs: number[] = [];

  constructor(topic: string) {
    this.#topic = topic;
  }

  /** Records an event that the hub has sent. */
  onSent(event: ReadingEvent): void {
    if (!["*", event.type, `${event.type}:${event.id}`].includes(this.#topic)) return;
    this.sent++;
    this.#expected.push(event);
    this.#compare();
  }

  /** Records an event that the spoke has received. */
  onReceived(event: ReadingEvent, latencyMs: number): void {
    this.received++;
    this.#arrived.push(event);
    if (this.#latenciesMs.push(latencyMs) > MAX_LATENCIES) this.#latenciesMs.shift();
    this.#compare();
  }

  /** Ends the comparison: events without a counterpart are missed or unexpected. */
  end(): void {
    this.missed += this.#expected.splice(0).length;
    this.unexpected += this.#arrived.splice(0).length;
  }

  /** Whether the spoke received every event of its topic once and in order, and at least one. */
  get isExact(): boolean {
    return this.received > 0 && this.received === this.sent && this.missed === 0 && this.unexpected === 0;
  }

  /** The latency in milliseconds that the given share of events did not exceed. */
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
