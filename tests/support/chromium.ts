/** A page in a real browser: a Chromium on the PATH, or the one of Debian. */
import { installDebianPackage } from "../../scripts/lib/install_debian_package.ts";
import { startProcess } from "../../scripts/lib/process.ts";
import { eventually } from "./eventually.ts";

/** The names of its command. */
const COMMANDS = ["chromium", "chromium-browser", "google-chrome"];
const INSTALL = "Cannot start Chromium: install it (on Debian: apt-get install -y chromium)";
const REPORT_MS = 30_000;

/** An open page. Disposing of it closes the browser. */
export interface Page extends AsyncDisposable {
  /** The report that its script posted to `/report`. */
  readonly report: Promise<unknown>;
  /** Sends a command of the {@link https://chromedevtools.github.io/devtools-protocol DevTools protocol} to the page. */
  command(method: string, params?: object): Promise<unknown>;
}

/** Opens a page in a Chromium that runs a module, with a query. The page can load another module as `/other.js`. */
export async function openPage(
  chromium: string,
  script: string,
  query: Readonly<Record<string, string>>,
  other?: string,
): Promise<Page> {
  await using stack = new AsyncDisposableStack();
  const served = stack.use(servePage(script, other));
  const browser = stack.use(await openBrowser(chromium, `${served.url}?${new URLSearchParams(query)}`));
  const opened = stack.move();
  return {
    report: served.report,
    command: browser.command,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Opens the page at an URL in a Chromium, with further arguments. */
export async function openBrowser(
  chromium: string,
  url: string,
  ...more: string[]
): Promise<Pick<Page, "command"> & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const profile = await Deno.makeTempDir({ prefix: "pubsub-chromium-" });
  // Processes of Chromium can outlive it for a moment, and still write.
  stack.defer(() => eventually(() => Deno.remove(profile, { recursive: true })));
  const ending = new AbortController();
  const browser = new Deno.Command(chromium, {
    args: [
      "--headless",
      // The sandbox does not work as root, and the page is ours.
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--remote-debugging-port=0",
      `--user-data-dir=${profile}`,
      ...more,
      url,
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
  let devTools: Promise<DevTools> | undefined;
  stack.defer(async () => (await devTools)?.close());
  const opened = stack.move();
  return {
    command: async (method, params = {}) =>
      (await (devTools ??= openDevTools(profile))).command(method, params),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** A connection to the debugger of a page. */
interface DevTools {
  command(method: string, params: object): Promise<unknown>;
  close(): Promise<void>;
}

/** Connects to the page of the browser that has a profile. */
async function openDevTools(profile: string): Promise<DevTools> {
  let port = "";
  await eventually(async () => {
    [port = ""] = (await Deno.readTextFile(`${profile}/DevToolsActivePort`)).split("\n");
    return port !== "";
  });
  const targets: { type: string; webSocketDebuggerUrl: string }[] =
    await (await fetch(`http://127.0.0.1:${port}/json/list`)).json();
  const page = targets.find(({ type }) => type === "page");
  if (page === undefined) throw new Error("Chromium has no page");
  const socket = new WebSocket(page.webSocketDebuggerUrl);
  await new Promise((resolve) => socket.onopen = resolve);
  const calls = new Map<number, PromiseWithResolvers<unknown>>();
  socket.onmessage = ({ data }) => {
    const { id, result, error } = JSON.parse(data);
    if (error === undefined) calls.get(id)?.resolve(result);
    else calls.get(id)?.reject(new Error(error.message));
  };
  const closed = new Promise((resolve) => socket.onclose = resolve);
  return {
    command(method, params) {
      const call = Promise.withResolvers<unknown>();
      const id = calls.size + 1;
      calls.set(id, call);
      socket.send(JSON.stringify({ id, method, params }));
      return call.promise;
    },
    async close() {
      socket.close();
      await closed;
    },
  };
}

/** A page without its browser. */
interface ServedPage extends AsyncDisposable, Pick<Page, "report"> {
  readonly url: string;
}

/** Serves a page that runs a module, and takes its report. */
function servePage(script: string, other = script): ServedPage {
  const report = Promise.withResolvers<unknown>();
  // Not every test waits for a report.
  report.promise.catch(() => {});
  const deadline = setTimeout(() => report.reject(new Error(`No report within ${REPORT_MS} ms`)), REPORT_MS);
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    switch (new URL(request.url).pathname) {
      case "/":
        return respond('<!doctype html><script type="module" src="/page.js"></script>', "text/html");
      case "/page.js":
        return respond(await Deno.readTextFile(script), "text/javascript");
      case "/other.js":
        return respond(await Deno.readTextFile(other), "text/javascript");
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

/** Returns the command of a Chromium, and installs one if necessary. */
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
