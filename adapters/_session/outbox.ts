import type { Codec, EncodedEnvelope } from "../_wire/codec.ts";
import type { Wire } from "../_wire/wire.ts";
import type { PlainDrainPoll } from "./plain_drain_poll.ts";
import type { QueuedFrame } from "./plain_batch.ts";
import type { AssumedPeer, PlainQueue } from "./plain_queue.ts";
import { SendWindow, WINDOW_BYTES } from "./send_window.ts";
import type { Traffic } from "./traffic.ts";

/** The assumptions of an outbox about its peer. */
export interface OutboxPeer extends AssumedPeer {
  /** Creates the queue of what waits for the peer. */
  readonly createQueue: (codec: Codec, peer: AssumedPeer) => PlainQueue;
  /** Creates what looks at the wire while it is full. */
  readonly createPoll: (window: SendWindow, onLook: () => void) => PlainDrainPoll;
  /** Whether events wait while the wire closes, which would lose them: another wire may take them. */
  readonly keepsEvents: boolean;
}

/** The parts that an outbox is made from. */
export interface OutboxParts {
  /** The wire, not started yet. */
  readonly wire: Wire;
  readonly codec: Codec;
  readonly peer: OutboxPeer;
  /** Counts what is sent and received. */
  readonly traffic: Traffic;
}

/** The session of an {@linkcode Outbox}. */
export interface OutboxHost {
  /** The wire or the codec threw. Called in a microtask, since the caller has not returned yet. */
  fail(error: unknown): void;
}

/** The outboxes that have gathered envelopes in this turn, for all of which one microtask is enough. */
let scheduled: Outbox[] | undefined;

function schedule(outbox: Outbox): void {
  if (scheduled !== undefined) return void scheduled.push(outbox);
  // Mostly the only one: the least array.
  scheduled = [outbox];
  queueMicrotask(flushScheduled);
}

function flushScheduled(): void {
  const outboxes = scheduled ?? [];
  scheduled = undefined;
  for (const outbox of outboxes) outbox.endTurn();
}

/**
 * The way out of a session. Envelopes of the same turn of the event loop share frames, which leave in a microtask, or at
 * once when they are full: batching adds no latency. What the wire has no room for waits here, so that a control that is
 * sent first overtakes it.
 */
export class Outbox {
  readonly queue: PlainQueue;
  readonly window: SendWindow;
  /** Whether nothing has been sent since this was set. */
  isQuiet = false;
  /** The event of the largest frame that left, if it has one alone: the one that a peer would refuse for its size. */
  largest: Pick<EncodedEnvelope, "type" | "id" | "bytes"> | undefined;
  #largestBytes = 0;
  readonly #parts: OutboxParts;
  readonly #host: OutboxHost;
  /** Leaves ahead of the queue as soon as the wire has room. */
  #next: EncodedEnvelope | undefined;
  /** The events that are being sent, or were when the wire broke. */
  #sending = 0;
  /** While it closes, nothing needs to overtake what waits. It is broken once the wire or the codec threw at a frame. */
  #state: "paused" | "open" | "closing" | "broken" = "paused";
  protected isScheduled = false;
  #poll: PlainDrainPoll | undefined;

  constructor(parts: OutboxParts, host: OutboxHost) {
    const { wire, peer, codec } = parts;
    this.#parts = parts;
    this.#host = host;
    this.queue = peer.createQueue(codec, peer);
    // A frame that shares its payloads with the program cannot wait for a later turn.
    this.window = new SendWindow(wire, codec.sharesPayloads ? Infinity : WINDOW_BYTES);
  }

  /** The cost of all that waits to leave, here and in the wire, in bytes. */
  get cost(): number {
    return this.queue.cost + this.window.cost;
  }

  /** Whether the wire had no room for what waits. */
  get waitsForRoom(): boolean {
    return this.#poll?.isRunning ?? false;
  }

  /** Whether it costs more than a number of bytes. */
  exceeds(bytes: number): boolean {
    return this.window.exceeds(bytes - this.queue.cost);
  }

  /** Appends an envelope. */
  push(envelope: EncodedEnvelope): void {
    const { queue } = this;
    const isEmpty = queue.size === 0;
    if (isEmpty || !queue.extend(envelope)) {
      if (!isEmpty) this.flush();
      const before = queue.events;
      try {
        queue.begin(envelope);
      } catch (error) {
        this.#sending = before - queue.events + (envelope.control ? 0 : 1);
        return this.#break(error);
      }
      this.onPush(envelope.control);
    }
    if (envelope.immediate) return this.flush();
    if (this.isScheduled || !this.sends) return;
    this.isScheduled = true;
    schedule(this);
  }

  /** Sends an envelope ahead of everything that waits. The wire must be open. */
  sendFirst(envelope: EncodedEnvelope): void {
    this.onPush(envelope.control);
    this.#send(this.#takeFrame(envelope));
  }

  /** Sends an envelope ahead of everything that waits, as soon as the wire has room. A later one replaces it. */
  sendNext(envelope: EncodedEnvelope): void {
    this.#next = envelope;
    this.onPush(envelope.control);
    this.flush();
  }

  /** Sends what has gathered in this turn. */
  endTurn(): void {
    this.isScheduled = false;
    this.onPush(this.queue.events === 0);
    this.flush();
  }

  /** Starts to send, now that the wire is open. */
  open(): void {
    if (this.#state === "paused") this.#state = "open";
    this.flush();
  }

  /** Sends what waits, as far as the wire has room. */
  flush(): void {
    const { queue, window } = this;
    while (this.#next !== undefined || queue.size > 0) {
      if (!this.sends || !this.#canArrive()) return;
      const next = this.#next;
      if (next === undefined && queue.isNextTooLarge) return;
      if (this.#state !== "closing" && !window.hasRoom(next?.bytes ?? queue.nextBytes)) {
        return this.drainPoll.start();
      }
      this.#next = undefined;
      this.#send(this.#takeFrame(next));
    }
  }

  /** Hands the wire everything that waits. It is closed next, so that nothing needs to overtake that. */
  flushForClose(): void {
    if (this.#state === "open") this.#state = "closing";
    this.flush();
  }

  /** Sends nothing more. Returns how many events were lost while they were being sent, and how many wait. */
  stop(): { lost: number; waiting: number } {
    if (this.#state !== "broken") this.#state = "paused";
    this.#poll?.stop();
    const lost = this.#sending;
    this.#sending = 0;
    return { lost, waiting: this.queue.events };
  }

  protected get drainPoll(): PlainDrainPoll {
    return this.#poll ??= this.#parts.peer.createPoll(this.window, () => this.flush());
  }

  protected get sends(): boolean {
    return this.#state === "open" || this.#state === "closing";
  }

  /** A wire that closes loses what it is sent. */
  #canArrive(): boolean {
    const { peer, wire } = this.#parts;
    return !peer.keepsEvents || wire.state === "open";
  }

  /** More may wait than before, since a control or an event was added. */
  protected onPush(_isControl: boolean): void {}

  /** Takes a frame from the queue, or makes one of an envelope. */
  #takeFrame(next: EncodedEnvelope | undefined): QueuedFrame | undefined {
    const { queue } = this;
    const before = queue.events;
    try {
      return next === undefined ? queue.shift() : queue.frameOf(next);
    } catch (error) {
      this.#sending = before - queue.events + (next?.control === false ? 1 : 0);
      this.#break(error);
      return undefined;
    }
  }

  #send(frame: QueuedFrame | undefined): void {
    if (frame === undefined) return;
    const { bytes, wireBytes, size, events, envelopes } = frame;
    if (this.#state === "broken") return void (this.#sending += events);
    // If the session ends here, these events are lost.
    this.#sending = events;
    try {
      this.#parts.wire.send(frame.data);
    } catch (error) {
      return this.#break(error);
    }
    const { traffic } = this.#parts;
    // None, if the session has ended meanwhile.
    traffic.send(this.#sending, wireBytes);
    this.#sending = 0;
    this.isQuiet = false;
    this.window.add(wireBytes);
    if (wireBytes <= this.#largestBytes || events === 0) return;
    this.#largestBytes = wireBytes;
    const alone = size === 1 ? envelopes?.[0] : undefined;
    this.largest = alone === undefined ? undefined : { type: alone.type, id: alone.id, bytes };
  }

  #break(error: unknown): void {
    this.#state = "broken";
    queueMicrotask(() => this.#host.fail(error));
  }
}
