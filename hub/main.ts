/**
 * The hub as a program: `deno run -A jsr:@alkdev/pubsub-hub`. `--help` lists its flags.
 *
 * @example A file with settings, for `--config`
 * ```ts ignore
 * import type { HubConfig } from "jsr:@alkdev/pubsub-hub";
 *
 * export default {
 *   port: 8787,
 *   history: { "session.status": { perId: 1 } },
 *   hub: { maxEventsPerSecond: 200, authorize: ({ action }) => action === "subscribe" },
 * } satisfies HubConfig;
 * ```
 *
 * @module
 */
import process from "node:process";
import { run } from "./run.ts";

export type * from "./config.ts";

if (import.meta.main) await run(process.argv.slice(2));
