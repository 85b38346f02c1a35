// Lints the documentation of every export in deno.json, and runs every example of the published files and of docs/.

import { existsSync } from "node:fs";
import config from "../deno.json" with { type: "json" };
import { runDeno } from "./lib/run_deno.ts";

const withExamples = [...config.publish.include, "docs/"]
  .filter((path) => /(\/|\.ts|\.md)$/.test(path) && existsSync(path));

const lint = await runDeno(["doc", "--lint", ...Object.values(config.exports)]);
const examples = await runDeno(["test", "-A", "--doc", ...withExamples]);
Deno.exit(lint || examples);
