/** The live page of the hub program, in Chromium. */
import { assert, assertEquals } from "@std/assert";
import { type LivePage, type LivePageOptions, startLivePage } from "../../hub/live/live_page.ts";
import { loadAssets } from "../../hub/live/load_assets.ts";
import { findChromium, openBrowser } from "./chromium.ts";
import { eventually } from "./eventually.ts";
import type { ServedHub } from "./hub_program.ts";

/** The token of every page of the tests. */
export const TOKEN = "a-token-of-a-test";

/** A page in Chromium, in which expressions are evaluated. */
export interface OpenPage extends AsyncDisposable {
  /** The value of an expression. */
  value(expression: string): Promise<unknown>;
  resize(width: number): Promise<void>;
  /** Shows the page in dark or light colors. */
  paint(scheme: "light" | "dark"): Promise<void>;
  /** Presses keys, each by its name, such as `Tab`. A single character is typed. */
  press(...keys: string[]): Promise<void>;
}

/** The codes of the keys that have no character. */
const KEYS: Readonly<Record<string, number>> = {
  Tab: 9,
  Enter: 13,
  End: 35,
  Home: 36,
  ArrowUp: 38,
  ArrowDown: 40,
};

/** How long a browser on a busy machine takes to start. */
const START_MS = 20_000;

/** Opens a live page, and waits until it shows its hub. */
export async function openLivePage(url: string): Promise<OpenPage> {
  const page = await openPage(url);
  await eventually(async () => await page.value(textOf("#state")) === "Live", { timeoutMs: START_MS });
  return page;
}

/** Opens the page at an URL. */
export async function openPage(url: string, ...more: string[]): Promise<OpenPage> {
  const browser = await openBrowser(await findChromium(), url, ...more);
  return {
    async value(expression) {
      const answer = await browser.command("Runtime.evaluate", {
        expression,
        returnByValue: true,
        awaitPromise: true,
      });
      return Object(Object(answer).result).value;
    },
    async resize(width) {
      const metrics = { width, height: 900, deviceScaleFactor: 1, mobile: width < 500 };
      await browser.command("Emulation.setDeviceMetricsOverride", metrics);
    },
    async paint(scheme) {
      const features = [{ name: "prefers-color-scheme", value: scheme }];
      await browser.command("Emulation.setEmulatedMedia", { features });
    },
    async press(...keys) {
      for (const key of keys) {
        const text = key === "Enter" ? "\r" : key.length === 1 ? key : undefined;
        const event = { key, windowsVirtualKeyCode: KEYS[key] ?? 0, ...(text !== undefined && { text }) };
        await browser.command("Input.dispatchKeyEvent", { type: "keyDown", ...event });
        await browser.command("Input.dispatchKeyEvent", { type: "keyUp", ...event });
      }
    },
    [Symbol.asyncDispose]: () => browser[Symbol.asyncDispose](),
  };
}

/** Serves the page of a hub. */
export async function serveLivePage(
  hub: ServedHub,
  options: Partial<LivePageOptions> = {},
): Promise<LivePage & AsyncDisposable> {
  const assets = await loadAssets();
  assert(assets !== undefined, "the page was not built");
  const page = await startLivePage(hub.shown, assets, {
    hostname: "127.0.0.1",
    port: 0,
    token: TOKEN,
    ...options,
  });
  return { ...page, [Symbol.asyncDispose]: () => page.close() };
}

/** An expression for the text of an element. */
export function textOf(selector: string): string {
  return `document.querySelector(${JSON.stringify(selector)}).textContent`;
}

/** An expression for the number of a tile. */
export function tile(title: string): string {
  return `[...document.querySelectorAll("#tiles div")].find((div) => div.firstChild.textContent === "${title}")?.querySelector("dd").textContent`;
}

/** An expression for the texts of the cells of a table, row by row. */
export function rowsOf(selector: string): string {
  return `[...document.querySelectorAll("${selector} tbody tr:not([hidden]):not(.spacer)")]
    .map((tr) => [...tr.cells].map((td) => td.textContent))`;
}

/** Fails if a part of the page is cut off, at any width. */
export async function assertWhole(page: OpenPage): Promise<void> {
  for (const width of [360, 700, 1000, 1280, 1600, 2560]) {
    await page.resize(width);
    await eventually(async () => assertEquals(await page.value("innerWidth"), width));
    await eventually(async () => {
      const cut = await page.value(
        `[...document.querySelectorAll("header *, section, details, dl > div, dt, dd, th, table, .plot *, form *")]
          .filter((each) => each.checkVisibility())
          .filter((each) => each.getBoundingClientRect().right > document.documentElement.clientWidth ||
            each.matches("dt, dd, th, button") && each.scrollWidth > each.clientWidth ||
            each.matches("dt, dd") && each.closest("#tiles") &&
              each.scrollWidth > each.parentElement.clientWidth - 2 * 10 ||
            each.matches("th:first-child") && each.offsetWidth < 90 ||
            each.matches("table") && each.scrollWidth > each.parentElement.clientWidth)
          .map((each) => each.outerHTML.slice(0, 80))`,
      );
      assertEquals(cut, [], `at ${width} px`);
    });
    assertEquals(
      await page.value("document.documentElement.scrollWidth <= innerWidth"),
      true,
      `at ${width} px`,
    );
  }
}
