/** Tells a dispatch that its event was stopped at once, which no property of an `Event` does. */
export interface Stoppable {
  /** Whether `stopImmediatePropagation` was called. */
  stopped: boolean;
}

/**
 * The event that callbacks hear of an envelope. The listener registry calls them itself, which costs a seventh of a
 * dispatch by the platform, so that this event tells its targets and its phase by itself.
 */
export class TopicEvent extends CustomEvent<unknown> implements Stoppable {
  stopped = false;
  #target: EventTarget;
  #dispatching = true;
  /** `stopPropagation` was called, which stops nobody where there is one target. */
  #stoppedHere = false;

  /**
   * @param topic The full topic, which is the event's type.
   * @param detail The envelope, or what a foreign publisher sent instead.
   * @param target The event target whose listeners are called.
   */
  constructor(topic: string, detail: unknown, target: EventTarget) {
    super(topic, { detail });
    this.#target = target;
  }

  // Afterwards the program may dispatch it on another target, by the platform's means.
  override get target(): EventTarget {
    return this.#dispatching ? this.#target : super.target ?? this.#target;
  }

  override get currentTarget(): EventTarget | null {
    return this.#dispatching ? this.#target : super.currentTarget;
  }

  override get eventPhase(): number {
    return this.#dispatching ? Event.AT_TARGET : super.eventPhase;
  }

  override composedPath(): EventTarget[] {
    return this.#dispatching ? [this.#target] : super.composedPath();
  }

  override get cancelBubble(): boolean {
    return this.#dispatching ? this.stopped || this.#stoppedHere : super.cancelBubble;
  }

  override set cancelBubble(stop: boolean) {
    if (!this.#dispatching) super.cancelBubble = stop;
    else if (stop) this.stopPropagation();
  }

  // The platform takes these marks back after a dispatch of its own, so that they must not be set in ours.
  override stopPropagation(): void {
    if (this.#dispatching) this.#stoppedHere = true;
    else super.stopPropagation();
  }

  override stopImmediatePropagation(): void {
    if (this.#dispatching) this.stopped = true;
    else super.stopImmediatePropagation();
  }

  /** Ends the dispatch. */
  finish(): void {
    this.#dispatching = false;
  }
}

const STOP = "stopImmediatePropagation";

/**
 * Dispatches an event of the user's with the platform's own means, so that `target`, `eventPhase`,
 * `defaultPrevented` and the refusal of an event that is being dispatched already are the platform's.
 *
 * @param target The event target.
 * @param event The event.
 * @param run Calls the listeners.
 * @returns `false` if the event was cancelable and a listener prevented it.
 */
export function dispatchNatively(
  target: EventTarget,
  event: Event,
  run: (dispatch: Stoppable) => void,
): boolean {
  const { addEventListener, dispatchEvent, removeEventListener } = EventTarget.prototype;
  const dispatch: Stoppable = { stopped: false };
  const onEvent = (): void => {
    // The call itself has to be seen; it stands on the event only as long as the event is ours.
    const own = Object.getOwnPropertyDescriptor(event, STOP);
    const stop = event[STOP];
    const value = (): void => {
      dispatch.stopped = true;
      stop.call(event);
    };
    Object.defineProperty(event, STOP, { configurable: true, value });
    run(dispatch);
    if (own === undefined) Reflect.deleteProperty(event, STOP);
    else Object.defineProperty(event, STOP, own);
  };
  addEventListener.call(target, event.type, onEvent, { once: true });
  try {
    return dispatchEvent.call(target, event);
  } finally {
    removeEventListener.call(target, event.type, onEvent);
  }
}
