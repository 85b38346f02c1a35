/** The types of events and of their listeners, as in `@graphql-yoga/typed-event-target`. */

/** A `CustomEvent` with a known `type` and `detail`, as in `@graphql-yoga/typed-event-target`. */
export type TypedEvent<TType extends string = string, TDetail = unknown> =
  & Omit<CustomEvent<TDetail>, "detail" | "type">
  & { type: TType; detail: TDetail };

/** A function that listens to a {@linkcode TypedEvent}. */
export interface TypedEventListener<TEvent extends TypedEvent> {
  /** Called with each event. */
  (event: TEvent): void;
}

/** An object that listens to a {@linkcode TypedEvent} with its `handleEvent` method. */
export interface TypedEventListenerObject<TEvent extends TypedEvent> {
  /** Called with each event, with the object as `this`. */
  handleEvent(event: TEvent): void;
}

/** A listener of `addEventListener`, in either form. */
export type TypedEventListenerOrEventListenerObject<TEvent extends TypedEvent> =
  | TypedEventListener<TEvent>
  | TypedEventListenerObject<TEvent>;

/** The options of `addEventListener`, as in the DOM. Declared here: the types of Node have none of that name. */
export interface ListenerOptions {
  /** Whether the listener differs from one with the same callback that does not capture. */
  capture?: boolean;
  /** Whether the listener is removed before its first call. */
  once?: boolean;
  /** Has no effect. */
  passive?: boolean;
  /** Removes the listener when it aborts. */
  signal?: AbortSignal;
}

/** An `EventTarget` with typed events, as in `@graphql-yoga/typed-event-target`. */
export interface TypedEventTarget<TEvent extends TypedEvent> extends EventTarget {
  /** Adds a listener to a topic, a bare event type or `*`. */
  addEventListener<TCurrentEvent extends TEvent>(
    type: TCurrentEvent["type"],
    callback: TypedEventListenerOrEventListenerObject<TCurrentEvent> | null,
    options?: ListenerOptions | boolean,
  ): void;
  /** Sends an event. Returns `false` only if a listener in this process prevented a cancelable event. */
  dispatchEvent(event: TEvent): boolean;
  /** Removes a listener from a topic, a bare event type or `*`. */
  removeEventListener<TCurrentEvent extends TEvent>(
    type: TCurrentEvent["type"],
    callback: TypedEventListenerOrEventListenerObject<TCurrentEvent> | null,
    options?: Pick<ListenerOptions, "capture"> | boolean,
  ): void;
}
