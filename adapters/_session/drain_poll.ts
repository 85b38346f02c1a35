import { PlainDrainPoll, STUCK_MS } from "./plain_drain_poll.ts";

/** The most that the time between two looks becomes where many wires are stuck, and the part of it for each. */
const MAX_STUCK_MS = 1000;
const MS_EACH = 0.25;

/** The wires of this process of which nothing leaves: one timer looks at all of them, however many a peer makes. */
const stuck = /* @__PURE__ */ new Set<DrainPoll>();
let stuckTimer: ReturnType<typeof setTimeout> | undefined;

/** A look at one of many wires. It is apart from the {@linkcode PlainDrainPoll}: a page with a link does not load it. */
export class DrainPoll extends PlainDrainPoll {
  override get isRunning(): boolean {
    return super.isRunning || stuck.has(this);
  }

  override stop(): void {
    super.stop();
    stuck.delete(this);
    stopIfNoneIsStuck();
  }

  protected override wait(delayMs: number): void {
    if (delayMs >= STUCK_MS) return this.watch();
    stuck.delete(this);
    super.wait(delayMs);
  }

  /** Looks once, when the wires that are stuck are looked at. */
  override watch(): void {
    if (this.isRunning) return;
    stuck.add(this);
    stuckTimer ??= setTimeout(lookAtStuck, Math.min(Math.max(STUCK_MS, stuck.size * MS_EACH), MAX_STUCK_MS));
  }
}

function lookAtStuck(): void {
  stuckTimer = undefined;
  for (const poll of [...stuck]) {
    // A look can stop others.
    if (stuck.delete(poll)) poll.look();
  }
  stopIfNoneIsStuck();
}

function stopIfNoneIsStuck(): void {
  if (stuck.size > 0) return;
  clearTimeout(stuckTimer);
  stuckTimer = undefined;
}
