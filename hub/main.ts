#!/usr/bin/env node
/**
 * The hub as a program: `deno run -A jsr:@alkdev/pubsub-hub`. `--help` lists its flags. Importing this module runs it;
 * `@alkdev/pubsub-hub/config` has the types of its settings.
 *
 * @module
 */
import process from "node:process";
import { run } from "./run.ts";

await run(process.argv.slice(2));
