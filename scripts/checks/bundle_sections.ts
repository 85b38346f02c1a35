// Splits a bundle of esbuild by the comments with which esbuild names each module ahead of its code.

/** The part of a bundle that comes from one module. */
export interface BundleSection {
  /** The file of the module, as esbuild names it. */
  readonly path: string;
  readonly code: string;
}

/** Returns the sections of a bundle that is not minified, in order. */
export function bundleSections(bundle: string): BundleSection[] {
  const starts = [...bundle.matchAll(/^\/\/ (\S+\.(?:ts|js|mjs))$/gm)];
  return starts.map((start, i) => ({
    path: start[1] ?? "",
    code: bundle.slice(start.index, starts[i + 1]?.index),
  }));
}
