import process from "node:process";
import { createCommandLine } from "./command_line.ts";
import type { Settings } from "./config.ts";
import { startScreen } from "./screen.ts";
import { createKey, createToken } from "./sign.ts";
import { startHub } from "./start_hub.ts";

/** The version of the program. */
const VERSION = "0.1.0";

/** Runs the program with arguments. */
export async function run(args: readonly string[]): Promise<void> {
  const commands = createCommandLine(VERSION, {
    serve,
    key: async () => console.log(await createKey()),
    token: async (options) => console.log(await createToken(options)),
  });
  try {
    await commands.parseAsync(args, { from: "user" });
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  }
}

/** Serves until a signal ends it, or the hub ends. */
async function serve(settings: Settings): Promise<void> {
  const hub = await startHub(settings);
  console.log(startScreen(VERSION, settings, hub));
  const interrupted = new Promise<undefined>((resolve) => {
    // The next signal ends the process at once, as by default.
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve(undefined));
  });
  const error = await Promise.race([hub.closed, interrupted]);
  await hub.close();
  if (error !== undefined) throw error;
  process.exit(0);
}
