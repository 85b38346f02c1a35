/**
 * Hooks of React 18 and newer. They listen to a PubSub and an event target that live outside React, so that no render, no
 * second mount and no `StrictMode` opens another connection.
 *
 * @module
 */
export { useEvents } from "./use_events.ts";
export { useLatest, type UseLatestOptions } from "./use_latest.ts";
export { useStatus } from "./use_status.ts";
