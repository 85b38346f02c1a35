import process from "node:process";
import { createCommandLine } from "./command_line.ts";
import type { Settings } from "./config.ts";
import { startScreen } from "./screen.ts";
import { createKey, createToken, findSigningKey } from "./sign.ts";
import { loadAssets } from "./live/load_assets.ts";
import { type LivePage, startLivePage } from "./live/live_page.ts";
import { type RunningHub, startHub } from "./start_hub.ts";
import { VERSION } from "./version.ts";

/** The live page is for the person who runs the hub. Others reach it through a tunnel of theirs. */
const LIVE_HOSTNAME = "127.0.0.1";

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
  const page = await startPage(settings, hub);
  console.log(startScreen(settings, hub, page, await findSigningKey(settings.key)));
  const interrupted = new Promise<undefined>((resolve) => {
    // The next signal ends the process at once, as by default.
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve(undefined));
  });
  const error = await Promise.race([hub.closed, interrupted]);
  await Promise.all([hub.close(), typeof page === "object" && page.close()]);
  if (error !== undefined) throw error;
  process.exit(0);
}

/** Serves the live page, or prints the reason why it does not. */
async function startPage(
  { live, liveToken, adminWrite }: Settings,
  hub: RunningHub,
): Promise<LivePage | string> {
  if (live === false) return "off";
  const assets = await loadAssets();
  if (assets === undefined) return "not built: start the hub with deno task hub";
  try {
    return await startLivePage(hub.shown, assets, {
      hostname: LIVE_HOSTNAME,
      port: live,
      token: liveToken,
      mayWrite: adminWrite,
    });
  } catch (error) {
    await hub.close();
    throw error;
  }
}
