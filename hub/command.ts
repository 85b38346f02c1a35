import process from "node:process";

/** The command that has started this program, as far as the program can know it. */
export const COMMAND: string = findCommand();

function findCommand(): string {
  const { versions, env } = process;
  if ("deno" in versions) {
    return import.meta.url.startsWith("file:")
      ? "deno task --quiet hub"
      : "deno run -A jsr:@alkdev/pubsub-hub";
  }
  if ("bun" in versions) return "bunx @alkdev/pubsub-hub";
  return env["npm_command"] === "exec" ? "npx @alkdev/pubsub-hub" : "pubsub-hub";
}
