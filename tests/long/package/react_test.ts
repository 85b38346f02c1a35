// The example page of React, as Vite serves it for development, in a real browser: StrictMode, a hub that restarts, a browser
// that is offline. `PUBSUB_SCREENSHOTS` names a folder for pictures of each state.

import { assertEquals, assertMatch } from "@std/assert";
import manifest from "../../../examples/react/package.json" with { type: "json" };
import { findChromium, openBrowser, type Page } from "../../support/chromium.ts";
import { eventually } from "../../support/eventually.ts";
import { freePort } from "../../support/free_port.ts";
import { type ServedHub, serveHub } from "../../support/hubs.ts";
import { InteractiveProgram } from "../../support/interactive_program.ts";
import { type InstalledPackage, installPackage } from "../../support/package.ts";
import { NODE_22 } from "../../support/runtimes.ts";
import { openProxy } from "../../support/tcp_proxy.ts";

const { "@alkdev/pubsub": _, ...dependencies } = { ...manifest.dependencies, ...manifest.devDependencies };
const PACKAGES = Object.entries(dependencies).map(([name, range]) => `${name}@${range}`);
const FILES = ["index.html", "vite.config.ts", "tsconfig.json"];

/** Mounts twice in StrictMode, and prints what is rendered. */
const REACT_18 = `
import { Window } from "happy-dom";
const window = new Window();
Object.assign(globalThis, { window, document: window.document, IS_REACT_ACT_ENVIRONMENT: true });
const { createElement, StrictMode, version } = await import("react");
const { act } = await import("react-dom/test-utils");
const { createRoot } = await import("react-dom/client");
const { useEvents, useLatest, useStatus } = await import("@alkdev/pubsub/react");
const { createPair } = await import("@alkdev/pubsub/testing");

const pair = createPair();
const lines = [];
const Page = () => {
  useEvents(pair.link.pubsub, "line", ({ payload }) => lines.push(payload));
  return useStatus(pair.link.pubsub).state + " " + useLatest(pair.link.pubsub, "status", "1")?.payload;
};
const container = document.createElement("div");
const root = createRoot(container);
await act(async () => root.render(createElement(StrictMode, null, createElement(Page))));
await act(() => pair.settle());
pair.hub.pubsub.publish("status", "1", "running");
pair.hub.pubsub.publish("line", "1", "a line");
await act(() => pair.settle());
console.log(version.split(".")[0], container.textContent, lines, pair.hub.eventTarget.connectionCount);
await act(async () => root.unmount());
await pair[Symbol.asyncDispose]();
window.happyDOM.close();
`;

let installed: InstalledPackage;

Deno.test.beforeAll(async () => {
  installed = await installPackage(PACKAGES);
  const { project } = installed;
  const example = new URL("../../../examples/react/", import.meta.url);
  for (const file of FILES) await Deno.copyFile(new URL(file, example), project.path(file));
  await Deno.mkdir(project.path("src"));
  for await (const { name } of Deno.readDir(new URL("src/", example))) {
    await Deno.copyFile(new URL(`src/${name}`, example), project.path(`src/${name}`));
  }
});

Deno.test.afterAll(async () => {
  await installed[Symbol.asyncDispose]();
});

Deno.test("the example page compiles, and is built", async () => {
  const { project } = installed;
  await project.run("node", "node_modules/typescript/bin/tsc");
  const node = await NODE_22.program();
  await project.run(...node, "node_modules/vite/bin/vite.js", "build");
});

Deno.test("the hooks work with React 18", async () => {
  await using older = await installPackage(["react@18", "react-dom@18", "happy-dom@20.14.6"]);
  await older.project.write({ "page.mjs": REACT_18 });
  const output = await older.project.run(...await NODE_22.program(), "page.mjs");
  assertMatch(output, /^18 open running \[ 'a line' \] 1$/m);
});

Deno.test("the example page has one socket in StrictMode, and shows a hub that restarts, and a browser that is offline", async (t) => {
  const { project } = installed;
  const node = await NODE_22.program();
  const vite = [
    ...node,
    "node_modules/vite/bin/vite.js",
    "--host",
    "127.0.0.1",
    "--port",
    String(freePort()),
  ];
  await using server = new InteractiveProgram(vite, project.folder);
  const url = (await server.printed(/http:\/\/127/)).match(/http:\S+/)?.[0];

  let served = serveHub();
  await using proxy = await openProxy(served.port);
  const query = new URLSearchParams({ hub: `ws://127.0.0.1:${proxy.port}` });
  await using page = await openBrowser(await findChromium(), `${url}?${query}`);

  await t.step("StrictMode opens one socket and subscribes once", async () => {
    await shows(page, /connected.*No build has reported yet/s);
    assertEquals([served.sockets.length, [...served.spokes[0]?.topics ?? []]], [1, ["build.status"]]);
    publish(served, "1", "library", 40);
    publish(served, "2", "website", 100);
    publish(served, "1", "library", 60);
    await shows(page, /library.*running.*website.*passed/s);
    await click(page, ".builds button");
    await eventually(() => served.spokes[0]?.topics.has("log.line:1") === true);
    for (const n of [1, 2, 3]) {
      served.hub.publish({ type: "log.line", id: "1", payload: { text: `step ${n}` } });
    }
    await shows(page, /step 1\nstep 2\nstep 3/);
    await screenshot(page, "1_open");
  });

  await t.step("a button publishes", async () => {
    const requested = Promise.withResolvers<unknown>();
    const stop = served.hub.listen("build.requested", "", {
      onEvent: ({ payload }) => requested.resolve(payload),
    });
    await click(page, "main > button");
    assertEquals(await requested.promise, { name: "docs" });
    stop();
  });

  await t.step("while the hub is away the page says so, and afterwards the gap", async () => {
    await served[Symbol.asyncDispose]();
    await shows(page, /reconnecting, attempt \d/);
    await screenshot(page, "2_hub_away");
    served = serveHub();
    proxy.accept(served.port);
    await shows(page, /connected · events may be missing Reload/);
    publish(served, "2", "website", 10);
    await shows(page, /website.*running/s);
    assertEquals(served.sockets.length, 1);
    await screenshot(page, "3_after_gap");
  });

  await t.step("a browser that was offline is back within a second", async () => {
    await page.command("Network.enable");
    await setOffline(page, true);
    proxy.refuse();
    await shows(page, /reconnecting/);
    await screenshot(page, "4_offline");
    proxy.accept();
    await setOffline(page, false);
    await shows(page, /connected/);
    publish(served, "1", "library", 100);
    await shows(page, /library.*passed/s);
    await screenshot(page, "5_online");
  });

  await t.step("a page in the dark and a narrow one are readable", async () => {
    await page.command("Emulation.setEmulatedMedia", {
      features: [{ name: "prefers-color-scheme", value: "dark" }],
    });
    await page.command("Emulation.setDeviceMetricsOverride", {
      width: 360,
      height: 640,
      deviceScaleFactor: 1,
      mobile: true,
    });
    await screenshot(page, "6_dark_narrow");
    const width = await evaluate(page, "document.documentElement.scrollWidth");
    assertEquals(width, 360);
  });

  assertEquals(await evaluate(page, "globalThis.faults ?? []"), []);
  await served[Symbol.asyncDispose]();
});

function publish({ hub }: ServedHub, id: string, name: string, percent: number): void {
  hub.publish({
    type: "build.status",
    id,
    payload: { name, percent, state: percent === 100 ? "passed" : "running" },
  });
}

type Browser = Pick<Page, "command">;

async function evaluate(page: Browser, expression: string): Promise<unknown> {
  const answer = await page.command("Runtime.evaluate", { expression, returnByValue: true });
  // Cast: the protocol of the browser.
  return (answer as { result: { value?: unknown } }).result.value;
}

async function shows(page: Browser, text: RegExp): Promise<void> {
  await eventually(async () => assertMatch(String(await evaluate(page, "document.body.innerText")), text), {
    timeoutMs: 30_000,
  });
}

async function click(page: Browser, selector: string): Promise<void> {
  await evaluate(page, `document.querySelector(${JSON.stringify(selector)}).click()`);
}

async function setOffline(page: Browser, offline: boolean): Promise<void> {
  const unlimited = { latency: 0, downloadThroughput: -1, uploadThroughput: -1 };
  await page.command("Network.emulateNetworkConditions", { offline, ...unlimited });
}

async function screenshot(page: Browser, name: string): Promise<void> {
  const folder = Deno.env.get("PUBSUB_SCREENSHOTS");
  if (folder === undefined) return;
  // Cast: the protocol of the browser.
  const { data } = await page.command("Page.captureScreenshot", { format: "png" }) as { data: string };
  await Deno.writeFile(`${folder}/${name}.png`, Uint8Array.from(atob(data), (c) => c.charCodeAt(0)));
}
