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

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

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
  // Otherwise Node ends the program at the next line after the reader of its log has ended.
  for (const log of [process.stdout, process.stderr]) log.on("error", () => {});
  const hub = await startHub(settings);
  const page = await startPage(settings, hub);
  console.log(startScreen(settings, hub, page, await findSigningKey(settings.key)));
  const error = await Promise.race([hub.closed, interruption()]);
  await Promise.all([hub.close(), typeof page === "object" && page.close()]);
  if (error !== undefined) throw error;
  process.exit(0);
}

/** Resolves at the first signal. The next one, of either kind, ends the process at once, as by default. */
function interruption(): Promise<undefined> {
  return new Promise((resolve) => {
    const onSignal = (): void => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
      resolve(undefined);
    };
    for (const signal of SIGNALS) process.on(signal, onSignal);
  });
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
