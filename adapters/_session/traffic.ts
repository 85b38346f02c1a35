/** Counters that change rarely: events that the peer has certainly received, and events that were not handed over, by reason. */
export type SessionCount = "confirmed" | "encode" | "tooLarge" | "lost";

/** The counters of a session, or of all sessions of a link. A hub counts more. */
export class Traffic<TCount extends string = SessionCount> {
  /** Events that the wire was handed. */
  handedOver = 0;
  /** Frames that the wire was handed. */
  frames = 0;
  /** Bytes that the wire was handed. */
  bytes = 0;
  /** Bytes that arrived. */
  received = 0;
  /** Made for the first count: most spokes of a hub never have one. */
  #rare: Partial<Record<TCount, number>> | undefined;

  /** Counts a frame that the wire was handed. */
  send(events: number, bytes: number): void {
    this.handedOver += events;
    this.frames++;
    this.bytes += bytes;
  }

  /** Counts a frame that arrived. */
  receive(bytes: number): void {
    this.received += bytes;
  }

  /** The number of what is counted rarely. */
  of(name: TCount): number {
    return this.#rare?.[name] ?? 0;
  }

  /** Counts what is counted rarely. */
  add(name: TCount, count = 1): void {
    if (count === 0) return;
    const rare: Partial<Record<TCount, number>> = this.#rare ??= {};
    rare[name] = this.of(name) + count;
  }
}
