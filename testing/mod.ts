/**
 * Helpers for tests: a hub and links in memory with faults on demand, and the suite that event targets pass.
 *
 * @module
 */
export * from "./conformance/mod.ts";
export * from "./pair.ts";
