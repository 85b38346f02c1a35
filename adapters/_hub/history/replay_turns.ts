/** How long all replays of this process may hold the event loop at once, in milliseconds. */
const TURN_MS = 2;

/** Those that wait for their turn, in order. */
const waiting = /* @__PURE__ */ new Set<() => void>();
let isScheduled = false;
let timer: ReturnType<typeof setTimeout> | undefined;
/** The time that was used without a pause, and when the last one ended. */
let usedMs = 0;
let endedAt = -Infinity;

/** Calls a function in a microtask; later, if replays have held the event loop for long. Once, however often it is given. */
export function waitForTurn(read: () => void): void {
  waiting.add(read);
  if (isScheduled || timer !== undefined) return;
  isScheduled = true;
  queueMicrotask(takeTurns);
}

/** Does not call a function any more. */
export function giveUpTurn(read: () => void): void {
  waiting.delete(read);
  if (waiting.size > 0) return;
  clearTimeout(timer);
  timer = undefined;
}

function takeTurns(): void {
  isScheduled = false;
  timer = undefined;
  for (const read of waiting) {
    const begunAt = performance.now();
    if (begunAt - endedAt >= TURN_MS) usedMs = 0;
    if (usedMs >= TURN_MS) {
      timer = setTimeout(() => {
        usedMs = 0;
        takeTurns();
      }, 0);
      return;
    }
    waiting.delete(read);
    read();
    endedAt = performance.now();
    usedMs += endedAt - begunAt;
  }
}
