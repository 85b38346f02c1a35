/** A page in a real browser: Debian's Chromium, or one that is on the PATH. */
import { installDebianPackage } from "../../scripts/lib/install_debian_package.ts";
import { startProcess } from "../../scripts/lib/process.ts";
import { eventually } from "./eventually.ts";

/** What it is called where it is installed. */
const COMMANDS = ["chromium", "chromium-browser", "google-chrome"];
const INSTALL = "Cannot start Chromium: install it (on Debian: apt-get install -y chromium)";
const REPORT_MS = 30_000;

/** A page, until it is disposed of. */
export interface Page extends AsyncDisposable {
  /** What its script posted to `/report`. */
  readonly report: Promise<unknown>;
}

/** Opens a page in a Chromium that runs a module, with a query. */
export async function openPage(
  chromium: string,
  script: string,
  query: Readonly<Record<string, string>>,
): Promise<Page> {
  await using stack = new AsyncDisposableStack();
  const profile = await Deno.makeTempDir({ prefix: "pubsub-chromium-" });
  // Processes of Chromium's that outlive it for a moment may still write.
  stack.defer(() => eventually(() => Deno.remove(profile, { recursive: true })));
  const served = stack.use(servePage(script));
  const ending = new AbortController();
  const browser = new Deno.Command(chromium, {
    args: [
      "--headless",
      // It does not run as root; the page is ours.
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      `--user-data-dir=${profile}`,
      `${served.url}?${new URLSearchParams(query)}`,
    ],
    signal: ending.signal,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  stack.defer(async () => {
    ending.abort();
    await browser.status;
  });
  const opened = stack.move();
  return { report: served.report, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** Serves a page that runs a module, and takes its report. */
function servePage(script: string): Page & { readonly url: string } {
  const report = Promise.withResolvers<unknown>();
  const deadline = setTimeout(() => report.reject(new Error(`No report within ${REPORT_MS} ms`)), REPORT_MS);
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    switch (new URL(request.url).pathname) {
      case "/":
        return respond('<!doctype html><script type="module" src="/page.js"></script>', "text/html");
      case "/page.js":
        return respond(await Deno.readTextFile(script), "text/javascript");
      case "/report":
        report.resolve(await request.json());
        return respond("", "text/plain");
      default:
        return new Response(null, { status: 404 });
    }
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    report: report.promise,
    async [Symbol.asyncDispose]() {
      clearTimeout(deadline);
      await server.shutdown();
    },
  };
}

function respond(body: string, type: string): Response {
  return new Response(body, { headers: { "content-type": `${type}; charset=utf-8` } });
}

/** The command of a Chromium, which is installed if need be. */
export async function findChromium(): Promise<string> {
  let command = await firstInstalled();
  if (command === undefined) {
    await installDebianPackage("chromium");
    command = await firstInstalled();
  }
  if (command === undefined) throw new Error(INSTALL);
  return command;
}

async function firstInstalled(): Promise<string | undefined> {
  for (const command of COMMANDS) {
    try {
      if ((await startProcess([command, "--version"]).ended).code === 0) return command;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return undefined;
}
