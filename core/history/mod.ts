/**
 * History: subscriptions that begin in the past. See
 * [the guide](https://github.com/alkdev/pubsub/blob/main/docs/history.md).
 *
 * @module
 */
export { GapError, NoHistoryError } from "./errors.ts";
export { createMemoryHistory, type MemoryHistoryOptions } from "./memory_history.ts";
export type { HistoryBounds } from "./type_log.ts";
export type * from "../history_source.ts";
export type { Topic } from "../topic.ts";
