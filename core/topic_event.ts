/** React Native has no `CustomEvent`. */
const lacksDetail = !globalThis.CustomEvent;

// Cast: the constructor sets what an `Event` lacks. Named, so that its declaration mentions no type that Node lacks.
const PlatformEvent = (globalThis.CustomEvent ?? Event) as typeof CustomEvent;

/** A dispatch that can be stopped. No property of an `Event` says that it was. */
export interface Stoppable {
  /** Whether `stopImmediatePropagation` was called. */
  stopped: boolean;
  /** Whether listeners of envelopes were left out, and that was reported. */
  reported: boolean;
}

/**
 * The event that event listeners get for an envelope. The dispatcher calls them without the platform, at a seventh of the
 * cost. Therefore this event implements its targets and its phase itself.
 */
export class TopicEvent extends PlatformEvent<unknown> implements Stoppable {
  stopped = false;
  reported = false;
  #target: EventTarget;
  #dispatching = true;
  /** Whether `stopPropagation` was called. It has no effect on a single target. */
  #stoppedHere = false;

  constructor(topic: string, detail: unknown, target: EventTarget) {
    super(topic, { detail });
    if (lacksDetail) Object.assign(this, { detail });
    this.#target = target;
  }

  // After its dispatch, the program can dispatch this event on another target, by the platform.
  override get target(): EventTarget {
    return this.#dispatching ? this.#target : super.target ?? this.#target;
  }

  // The declarations of the platforms differ in the types of this member and of the next two.
  override get currentTarget(): Event["currentTarget"] {
    return this.#dispatching ? this.#target : super.currentTarget;
  }

  override get eventPhase(): Event["eventPhase"] {
    return this.#dispatching ? Event.AT_TARGET : super.eventPhase;
  }

  override composedPath(): ReturnType<Event["composedPath"]> {
    return this.#dispatching ? [this.#target] : super.composedPath();
  }

  override get cancelBubble(): boolean {
    return this.#dispatching ? this.stopped || this.#stoppedHere : super.cancelBubble;
  }

  override set cancelBubble(stop: boolean) {
    if (!this.#dispatching) super.cancelBubble = stop;
    else if (stop) this.stopPropagation();
  }

  // The platform resets these flags only after its own dispatches, so that ours must not set them.
  override stopPropagation(): void {
    if (this.#dispatching) this.#stoppedHere = true;
    else super.stopPropagation();
  }

  override stopImmediatePropagation(): void {
    if (this.#dispatching) this.stopped = true;
    else super.stopImmediatePropagation();
  }

  /** The dispatch is over. */
  finish(): void {
    this.#dispatching = false;
  }
}

const STOP = "stopImmediatePropagation";

/** The events that {@linkcode dispatchNatively} is dispatching. */
const dispatching = new WeakSet<Event>();

/**
 * Dispatches a user's event by the platform, which then sets `target`, `eventPhase` and `defaultPrevented`, and refuses an
 * event that is already being dispatched. `run` calls the listeners. Returns `false` if the event was cancelable and a
 * listener prevented it.
 */
export function dispatchNatively(
  target: EventTarget,
  event: Event,
  run: (dispatch: Stoppable) => void,
): boolean {
  const { addEventListener, dispatchEvent, removeEventListener } = EventTarget.prototype;
  // The event is dispatched again: by the `dispatchEvent` of happy-dom itself, which calls ours, or by a listener.
  if (dispatching.has(event)) return dispatchEvent.call(target, event);
  const dispatch: Stoppable = { stopped: false, reported: false };
  const onEvent = (): void => {
    // Overridden on this event, and only during this dispatch: nothing else reveals the call.
    const own = Object.getOwnPropertyDescriptor(event, STOP);
    const stop = event[STOP];
    const value = (): void => {
      dispatch.stopped = true;
      stop.call(event);
    };
    // An event that is sealed or frozen refuses it, and cannot be stopped.
    Reflect.defineProperty(event, STOP, { configurable: true, value });
    run(dispatch);
    if (own === undefined) Reflect.deleteProperty(event, STOP);
    else Reflect.defineProperty(event, STOP, own);
  };
  addEventListener.call(target, event.type, onEvent, { once: true });
  dispatching.add(event);
  try {
    return dispatchEvent.call(target, event);
  } finally {
    dispatching.delete(event);
    removeEventListener.call(target, event.type, onEvent);
  }
}
