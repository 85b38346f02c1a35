import type { FrameQueue } from "./frame_queue.ts";
import type { SessionGuard } from "./guard.ts";
import { Outbox, type OutboxHost, type OutboxParts } from "./outbox.ts";
import type { PlainBatch } from "./plain_batch.ts";

/** The bytes that a wire that has ended can hold unnoticed. */
const UNNOTICED_BYTES = 64 * 1024;

/** The parts that a {@linkcode SpokeOutbox} is made from. */
export interface SpokeOutboxParts extends OutboxParts {
  readonly guard?: SessionGuard;
}

/**
 * The outbox of one of many peers: what waits is guarded, and a wire that may hide what it holds is watched. It is apart
 * from the {@linkcode Outbox}: a page with a link does not load it.
 */
export class SpokeOutbox extends Outbox {
  declare readonly queue: FrameQueue;
  readonly #parts: SpokeOutboxParts;

  constructor(parts: SpokeOutboxParts, host: OutboxHost) {
    super(parts, host);
    this.#parts = parts;
  }

  /** Whether the wire may hold more than 64 KiB, by what it said last: it may not say that any more. */
  get mayHoldMuch(): boolean {
    const { handed, atMost } = this.window;
    return Math.min(handed, atMost) > UNNOTICED_BYTES;
  }

  /** Lets a batch that begins with the event that was pushed last grow in this turn. Returns whether it will. */
  follow(batch: PlainBatch): boolean {
    return this.isScheduled && this.sends && this.queue.follow(batch);
  }

  /** Looks soon at what the wire holds, if it does not say that any more once its peer has ended. */
  override flush(): void {
    super.flush();
    if (this.mayHoldMuch && this.#parts.wire.hidesUnsent && this.sends) this.drainPoll.watch();
  }

  protected override onPush(isControl: boolean): void {
    const { guard } = this.#parts;
    if (guard === undefined || !this.sends || this.queue.cost + this.window.atMost <= guard.toleratedBytes) {
      return;
    }
    guard.onBacklog(isControl);
  }
}
