/**
 * History: subscriptions that begin in the past, and continue after a loss. See
 * [the guide](https://github.com/alkdev/pubsub/blob/main/docs/history.md).
 *
 * @module
 */
export { GapError, NoHistoryError } from "../core/history/errors.ts";
export { createMemoryHistory, type MemoryHistoryOptions } from "../core/history/memory_history.ts";
export type { HistoryBounds } from "../core/history/type_log.ts";
export type * from "../core/history_source.ts";
export type { Topic } from "../core/topic.ts";
export { createResume, type ResumeOptions } from "./_link/resume/create_resume.ts";
export type { Resume } from "./_link/link_past.ts";
