/** The counters of a session, or of all sessions of a link. A spoke of a hub counts for all spokes of the hub, too. */
export class Traffic {
  /** Events that the wire was handed. */
  handedOver = 0;
  /** Of these, the events that the peer has certainly received. */
  confirmed = 0;
  /** Bytes that the wire was handed. */
  bytes = 0;
  /** Bytes that arrived. */
  received = 0;
  /** Events that were not handed over, by reason. */
  encode = 0;
  tooLarge = 0;
  lost = 0;
  readonly sum: Traffic | undefined;

  constructor(sum?: Traffic) {
    this.sum = sum;
  }

  /** Counts a frame that the wire was handed. */
  send(events: number, bytes: number): void {
    this.handedOver += events;
    this.bytes += bytes;
    this.sum?.send(events, bytes);
  }

  /** Counts a frame that arrived. */
  receive(bytes: number): void {
    this.received += bytes;
    this.sum?.receive(bytes);
  }

  /** Counts what is rarer. */
  add(name: "confirmed" | "encode" | "tooLarge" | "lost", count = 1): void {
    this[name] += count;
    this.sum?.add(name, count);
  }
}
