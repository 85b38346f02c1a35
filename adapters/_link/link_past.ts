/**
 * Lets subscriptions of a link begin in the past, and continue where they stood after a loss. `createResume` of
 * `@alkdev/pubsub/history` makes it, and several links can share it.
 */
export interface Resume {
  /** How many events of the past can wait for the reader of a subscription, beside `capacity`. */
  readonly maxUnread: number;
}
