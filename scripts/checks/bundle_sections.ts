// Takes a bundle of esbuild's apart: it names each module in a comment ahead of the module's code.

/** A module's part of a bundle. */
export interface BundleSection {
  /** The module's file, as esbuild names it. */
  readonly path: string;
  readonly code: string;
}

/** Returns the sections of a bundle that is not minified, in their order. */
export function bundleSections(bundle: string): BundleSection[] {
  const starts = [...bundle.matchAll(/^\/\/ (\S+\.(?:ts|js|mjs))$/gm)];
  return starts.map((start, i) => ({
    path: start[1] ?? "",
    code: bundle.slice(start.index, starts[i + 1]?.index),
  }));
}
