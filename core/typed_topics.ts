/** The topics that a listener can be added to: those of the events, their bare types, and `*`. */
export type TopicOf<TEvent extends { readonly type: string }> =
  | TEvent["type"]
  | `${TEvent["type"]}:${string}`
  | (TEvent["type"] extends `${infer TType}:${string}` ? TType : never)
  | "*";

/** The events that a listener of a topic, of a bare type or of `*` gets. */
export type EventOn<TEvent extends { readonly type: string }, TTopic extends string> = "*" extends TTopic
  ? TEvent
  : TEvent extends { type: infer TType extends string } ? TTopic extends TType | `${TType}:${string}` ? TEvent
    : TType extends `${TTopic}:${string}` ? TEvent
    : never
  : never;
