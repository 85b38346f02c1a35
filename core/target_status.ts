import { Dispatcher } from "./dispatcher.ts";
import { type ListenerOwner, ListenerTable, NO_FAR_END } from "./listener_table.ts";
import type { EventTargetStatus } from "./types.ts";

/** The event of a new status. For `addEventListener`, this name is no event type. */
export const STATUS_CHANGE = "statuschange";

/** The status of an event target, the listeners of its changes, and the promise of its end. */
export class TargetStatus {
  current: EventTargetStatus;
  /** Whether no event is sent or delivered any more: from the call of `close()` on. */
  ended = false;
  /** The error that ended the target. */
  error: Error | undefined;
  /** Made for the first listener of the status. */
  #listeners: ListenerTable | undefined;
  #closed: Promise<Error | undefined> | undefined;
  #resolveClosed: ((error: Error | undefined) => void) | undefined;

  constructor(current: EventTargetStatus) {
    this.current = current;
  }

  get isClosed(): boolean {
    return this.current.state === "closed";
  }

  get listeners(): ListenerTable {
    return this.#listeners ??= new ListenerTable(NO_FAR_END);
  }

  /** Dispatches the current status to its listeners. */
  dispatch(owner: ListenerOwner): void {
    if (this.#listeners === undefined) return;
    new Dispatcher(owner, this.#listeners).emitOn(STATUS_CHANGE, STATUS_CHANGE, this.current);
  }

  /** Replaces the status. After the end, only `closed` follows, once. Returns whether it did. */
  set(status: EventTargetStatus): boolean {
    const isClosed = status.state === "closed";
    if (this.isClosed || (this.ended && !isClosed)) return false;
    this.current = status;
    if (isClosed) this.#resolveClosed?.(this.error);
    return true;
  }

  /** Notes the end. Returns whether it is the first one, whose error counts. */
  endWith(error: Error | undefined): boolean {
    if (this.ended) return false;
    this.ended = true;
    this.error = error;
    return true;
  }

  get closed(): Promise<Error | undefined> {
    return this.#closed ??= this.isClosed
      ? Promise.resolve(this.error)
      : new Promise((resolve) => this.#resolveClosed = resolve);
  }
}
