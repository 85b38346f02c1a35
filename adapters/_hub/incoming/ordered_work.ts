import type { Spoke } from "../spoke.ts";
import { LeftBehind } from "./left_behind.ts";
import { bytesOf, type OrderedRequest, PendingWork, type QueuedRequest } from "./pending_work.ts";
import type { EventRefusal } from "./subscribe_request.ts";

/**
 * The most frames that the sockets of a hub are handed for one frame of a spoke in one turn of the event loop. On Node, each
 * is a write of its own, which takes some 7 µs.
 */
const MAX_FRAMES_A_TURN = 2000;

/** A request and the queue that it waits in. */
export interface Waiting {
  readonly pending: PendingWork;
  readonly queued: QueuedRequest;
}

/** Keeps what a spoke sends in order while a decision is pending, also beyond the end of its connection. */
export class OrderedWork {
  readonly #handle: (spoke: Spoke, request: OrderedRequest, refusal?: EventRefusal) => void;
  /** The events of spokes that have left, which still take effect. */
  readonly #leftBehind = new LeftBehind();
  readonly #sent: { readonly frames: number };
  /** The frames that had been sent before the turn. */
  #sentBefore = 0;
  /** The spokes that took over the work of an older connection of their link. */
  readonly #heirs = new WeakMap<PendingWork, Spoke>();

  /**
   * @param handle Called with each request in its turn, once it is decided.
   * @param sent Counts the frames that the sockets of all spokes were handed.
   */
  constructor(
    handle: (spoke: Spoke, request: OrderedRequest, refusal?: EventRefusal) => void,
    sent: { readonly frames: number },
  ) {
    this.#handle = handle;
    this.#sent = sent;
  }

  /** A frame is about to be read. */
  beginTurn(): void {
    this.#sentBefore = this.#sent.frames;
  }

  /** Whether the rest of the frame waits, since the frame has filled enough sockets in this turn. */
  mustYield({ session: { wire } }: Spoke): boolean {
    return this.#sent.frames - this.#sentBefore > MAX_FRAMES_A_TURN && wire.yieldTurn !== undefined;
  }

  /** Queues a request. The spoke is dropped, and the request forgotten, if that is too much. */
  add(spoke: Spoke, request: OrderedRequest): Waiting {
    const queued: QueuedRequest = {
      request,
      isDecided: false,
      refusal: undefined,
      bytes: bytesOf(request),
      topics: request.kind === "subscribe" ? request.size : 0,
    };
    const pending = spoke.pending ??= new PendingWork();
    pending.queue.add(queued);
    spoke.addPending(queued);
    return { pending, queued };
  }

  /** Notes that a request is decided. */
  decide(spoke: Spoke, { pending, queued }: Waiting): void {
    queued.isDecided = true;
    if (queued.request !== undefined) this.#advance(pending, this.#heirs.get(pending) ?? spoke);
  }

  /** Gives the events that wait to the newer connection of the same link. */
  bequeath(older: Spoke, newer: Spoke): void {
    const { pending } = older;
    if (pending === undefined || newer.pending !== undefined) return;
    pending.forgetAllButEvents();
    if (pending.queue.size === 0 && !pending.isAdvancing) return;
    // Of the hub, they are still undecided.
    older.traffic.addHere("left", pending.queue.size);
    newer.traffic.heard += pending.queue.size;
    this.#leftBehind.take(pending);
    this.#heirs.set(pending, newer);
    newer.inherit(older);
    this.#advance(pending, newer);
  }

  /**
   * Forgets what waits of a spoke that has ended, and returns how many events were dropped.
   *
   * @param keepsEvents Whether its queued events still take effect, unless too many events of such spokes wait.
   */
  forget(spoke: Spoke, keepsEvents: boolean): number {
    const { pending } = spoke;
    if (pending === undefined) return 0;
    pending.forgetAllButEvents();
    if (pending.queue.size === 0) return 0;
    if (keepsEvents && this.#leftBehind.add(pending, spoke.bounds)) {
      // A subscribe request may have been all that they waited for.
      this.#advance(pending, spoke);
      return 0;
    }
    if (pending.isYielding) this.#finish(pending, spoke);
    const events = pending.queue.size;
    for (const queued of pending.queue) pending.removeQueued(queued);
    return events;
  }

  /** Handles what only waits for a turn: it was read before the end. */
  #finish(pending: PendingWork, spoke: Spoke): void {
    pending.isYielding = false;
    this.#sentBefore = Infinity;
    this.#advance(pending, spoke);
  }

  /** Continues with a queue when other connections have had their turn. */
  #yield(pending: PendingWork, spoke: Spoke): void {
    pending.isYielding = true;
    spoke.session.wire.yieldTurn?.(() => {
      pending.isYielding = false;
      this.beginTurn();
      this.#advance(pending, this.#heirs.get(pending) ?? spoke);
    });
  }

  /** Handles the decided requests at the head of a spoke's queue. */
  #advance(pending: PendingWork, spoke: Spoke): void {
    if (pending.isAdvancing || pending.isYielding) return;
    pending.isAdvancing = true;
    try {
      for (const queued of pending.queue) {
        const { request, isDecided, refusal } = queued;
        if (!isDecided) break;
        if (this.mustYield(spoke)) {
          this.#yield(pending, spoke);
          break;
        }
        pending.removeQueued(queued);
        this.#leftBehind.remove(pending, queued);
        if (request !== undefined) this.#handle(spoke, request, refusal);
      }
    } finally {
      // Whatever throws, the next decision continues with the queue.
      pending.isAdvancing = false;
    }
    (this.#heirs.get(pending) ?? spoke).dropIdlePending();
  }
}
