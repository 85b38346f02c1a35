import type { Assets } from "./serve_page.ts";

/** Loads the files of the page. They are missing in a checkout until `deno task hub:page` has built them. */
export async function loadAssets(): Promise<Assets | undefined> {
  try {
    // A computed name, since types are checked before the page is built.
    const { assets }: { assets: Assets } = await import(new URL("./assets.gen.js", import.meta.url).href);
    return assets;
  } catch {
    return undefined;
  }
}
