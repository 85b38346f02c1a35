/** A page in a real browser: Debian's Chromium, or one that is on the PATH. */
import { installDebianPackage } from "../../scripts/install_debian_package.ts";

import { eventually } from "../_eventually.ts";

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
  const posted = Promise.withResolvers<unknown>();
  const deadline = setTimeout(() => posted.reject(new Error(`No report within ${REPORT_MS} ms`)), REPORT_MS);
  posted.promise.catch(() => {});
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    switch (new URL(request.url).pathname) {
      case "/":
        return html('<!doctype html><script type="module" src="/page.js"></script>');
      case "/page.js":
        return new Response(await Deno.readFile(script), { headers: { "content-type": "text/javascript" } });
      case "/report":
        posted.resolve(await request.json());
        return new Response();
      default:
        return new Response(null, { status: 404 });
    }
  });
  const profile = await Deno.makeTempDir({ prefix: "pubsub-chromium-" });
  const url = `http://127.0.0.1:${server.addr.port}/?${new URLSearchParams(query)}`;
  const browser = new Deno.Command(chromium, {
    // Chromium's sandbox does not run as root; the page is ours.
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      `--user-data-dir=${profile}`,
      url,
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  return {
    report: posted.promise,
    async [Symbol.asyncDispose]() {
      clearTimeout(deadline);
      browser.kill("SIGTERM");
      await browser.status;
      await server.shutdown();
      // Its other processes may still write.
      await eventually(() => Deno.remove(profile, { recursive: true }));
    },
  };
}

function html(text: string): Response {
  return new Response(text, { headers: { "content-type": "text/html" } });
}

/** The command of a Chromium, which is installed if need be. */
export async function findChromium(): Promise<string> {
  const command = await installed();
  if (command !== undefined) return command;
  await installDebianPackage("chromium");
  const newlyInstalled = await installed();
  if (newlyInstalled === undefined) throw new Error(INSTALL);
  return newlyInstalled;
}

async function installed(): Promise<string | undefined> {
  for (const command of COMMANDS) {
    try {
      const { success } = await new Deno.Command(command, {
        args: ["--version"],
        stdout: "null",
        stderr: "null",
      })
        .output();
      if (success) return command;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return undefined;
}
