import type { EncodedEnvelope } from "../_wire/codec.ts";
import type { QueuedFrame } from "./batch.ts";
import { FrameQueue, MAX_SHARED_FRAME_BYTES } from "./frame_queue.ts";
import type { SessionParts } from "./parts.ts";
import { SendWindow, WINDOW_BYTES } from "./send_window.ts";

/** The longest time between two looks at a wire that is full, in milliseconds. */
const MAX_POLL_MS = 50;

type OutboxParts = Pick<SessionParts, "wire" | "codec" | "peer" | "guard">;

/**
 * The way out of a session. Envelopes of the same turn of the event loop share frames, which leave in a microtask, or at
 * once when they are full: batching adds no latency. What the wire has no room for waits here, so that a control that is
 * sent first overtakes it.
 */
export class Outbox {
  readonly queue: FrameQueue;
  readonly window: SendWindow;
  /** Whether nothing has been sent since this was set. */
  isQuiet = false;
  /** The largest event that left in a frame of its own: the one that a peer would refuse for its size. */
  largest: Pick<EncodedEnvelope, "type" | "id" | "bytes"> | undefined;
  readonly #parts: OutboxParts;
  readonly #fail: (error: unknown) => void;
  /** Leaves ahead of the queue as soon as the wire has room. */
  #next: EncodedEnvelope | undefined;
  /** The events that are being sent, or were when the wire broke. */
  #sending = 0;
  /** The wire or the codec threw at a frame. */
  #broken = false;
  #paused = true;
  #closing = false;
  #scheduled = false;
  #poll: ReturnType<typeof setTimeout> | undefined;
  #pollMs = 1;
  #leftAtPoll = 0;

  /** @param fail Called in a microtask with what the wire or the codec threw, since the sender has not returned yet. */
  constructor(parts: OutboxParts, fail: (error: unknown) => void) {
    const { wire, peer, codec } = parts;
    this.#parts = parts;
    this.#fail = fail;
    this.queue = new FrameQueue(codec, peer);
    // A frame that shares its payloads with the program cannot wait for a later turn.
    this.window = new SendWindow(wire, codec.sharesPayloads ? Infinity : WINDOW_BYTES);
  }

  /** What waits to leave, here and in the wire, costs this many bytes. */
  get cost(): number {
    return this.queue.cost + this.window.cost;
  }

  /** Whether it costs more than a number of bytes. */
  exceeds(bytes: number): boolean {
    return this.window.exceeds(bytes - this.queue.cost);
  }

  /** Appends an envelope. */
  push(envelope: EncodedEnvelope): void {
    const { queue } = this;
    if (queue.startsFrame(envelope)) this.flush();
    try {
      queue.push(envelope);
    } catch (error) {
      return this.#break(error);
    }
    this.#checkBacklog(envelope);
    if (envelope.immediate) return this.flush();
    if (this.#paused || this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(this.#onMicrotask);
  }

  /** Sends an envelope ahead of everything that waits. The wire must be open. */
  sendFirst(envelope: EncodedEnvelope): void {
    this.#checkBacklog(envelope);
    this.#send(this.#takeFrame(envelope));
  }

  /** Sends an envelope ahead of everything that waits, as soon as the wire has room. A later one replaces it. */
  sendNext(envelope: EncodedEnvelope): void {
    this.#next = envelope;
    this.#checkBacklog(envelope);
    this.flush();
  }

  /** Starts to send, now that the wire is open. */
  open(): void {
    this.#paused = false;
    this.flush();
  }

  /** Sends what waits, as far as the wire has room. */
  flush(): void {
    const { queue, window } = this;
    while (!this.#paused && !this.#broken && this.#canArrive()) {
      const next = this.#next;
      if (next === undefined && (queue.size === 0 || queue.isNextTooLarge)) return;
      if (!this.#closing && !window.hasRoom(next?.bytes ?? queue.nextBytes)) return this.#pollLater();
      this.#next = undefined;
      this.#send(this.#takeFrame(next));
    }
  }

  /** Hands the wire everything that waits. It is closed next, so that nothing has to overtake that. */
  flushForClose(): void {
    this.#closing = true;
    this.flush();
  }

  /** Sends nothing more. Returns how many events were lost while they were being sent, and how many wait. */
  stop(): { lost: number; waiting: number } {
    this.#paused = true;
    clearTimeout(this.#poll);
    return { lost: this.#sending, waiting: this.queue.events };
  }

  /** A wire that closes loses what it is sent. */
  #canArrive(): boolean {
    const { peer, wire } = this.#parts;
    return !peer.keepsEvents || wire.state === "open";
  }

  #checkBacklog({ control }: EncodedEnvelope): void {
    const { guard } = this.#parts;
    if (guard === undefined || this.#paused || this.queue.cost + this.window.atMost <= guard.toleratedBytes) {
      return;
    }
    guard.onBacklog(control);
  }

  readonly #onMicrotask = (): void => {
    this.#scheduled = false;
    this.flush();
  };

  /** No runtime tells when its buffer has drained. */
  #pollLater(): void {
    this.#poll ??= setTimeout(() => {
      this.#poll = undefined;
      const left = this.window.look();
      this.#pollMs = left > this.#leftAtPoll ? 1 : Math.min(2 * this.#pollMs, MAX_POLL_MS);
      this.#leftAtPoll = left;
      this.flush();
    }, this.#pollMs);
  }

  /** Takes a frame from the queue, or makes one of an envelope. */
  #takeFrame(next: EncodedEnvelope | undefined): QueuedFrame | undefined {
    const { queue } = this;
    const before = queue.events;
    try {
      return next === undefined ? queue.shift() : queue.frameOf(next);
    } catch (error) {
      this.#sending = before - queue.events;
      this.#break(error);
      return undefined;
    }
  }

  #send(frame: QueuedFrame | undefined): void {
    if (frame === undefined || this.#broken) return;
    const { bytes, wireBytes, events, envelopes } = frame;
    // If the session ends here, these events are lost.
    this.#sending = events;
    try {
      this.#parts.wire.send(frame.data);
    } catch (error) {
      return this.#break(error);
    }
    this.#sending = 0;
    this.isQuiet = false;
    this.window.add(wireBytes);
    if (bytes <= MAX_SHARED_FRAME_BYTES || bytes <= (this.largest?.bytes ?? 0)) return;
    const [alone] = envelopes ?? [];
    if (events === 1 && alone !== undefined) this.largest = { type: alone.type, id: alone.id, bytes };
  }

  #break(error: unknown): void {
    this.#broken = true;
    queueMicrotask(() => this.#fail(error));
  }
}
