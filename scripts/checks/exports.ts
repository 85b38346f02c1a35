// Exports, files and docs agree: no export without its file, no adapter without its export, no event target
// without its page, no page that the index of event targets leaves out.

import { isAdapter } from "./import_directions.ts";

/** Folder of the pages, one an event target. */
const PAGES = "docs/architecture/event-targets/";

/** The pages of sub-paths that have no page `<name>.md`. */
const PAGES_OF: Readonly<Record<string, readonly string[]>> = { iroh: ["iroh-spoke", "iroh-hub"] };

/** The one module of `adapters/` that is not an event target: the door for authors of adapters. */
const WIRE = "adapters/wire.ts";

/** The files and texts that {@linkcode checkExports} compares. */
export interface ExportInputs {
  /** `exports` of deno.json. */
  readonly exports: Readonly<Record<string, string>>;
  /** Every file of the repository, relative to its root. */
  readonly files: readonly string[];
  /** Text of `docs/architecture/event-targets.md`. */
  readonly index: string;
}

/** Returns one line for each disagreement. */
export function checkExports({ exports, files, index }: ExportInputs): string[] {
  const problems: string[] = [];
  const rows = index.split("\n").filter((line) => line.startsWith("|")).join("\n");
  const isLinked = (text: string, page: string) => text.includes(`(event-targets/${page}.md)`);

  for (const [subPath, file] of Object.entries(exports)) {
    if (!files.includes(file.replace("./", ""))) problems.push(`export ${subPath}: no file ${file}`);
    const name = subPath.match(/^\.\/event-target-(.+)$/)?.[1];
    for (const page of name === undefined ? [] : PAGES_OF[name] ?? [name]) {
      if (!files.includes(`${PAGES}${page}.md`)) {
        problems.push(`export ${subPath}: no page ${PAGES}${page}.md`);
      }
      if (!isLinked(rows, page)) {
        problems.push(`export ${subPath}: no row in event-targets.md links ${page}.md`);
      }
    }
  }

  for (const file of files.filter((file) => isAdapter(file) || file === WIRE)) {
    const subPath = file === WIRE
      ? "./wire"
      : file.replace("adapters/", "./event-target-").replace(/\.ts$/, "").replaceAll("_", "-");
    if (exports[subPath] !== `./${file}`) problems.push(`${file} is not exported as ${subPath}`);
  }

  for (const file of files.filter((file) => file.startsWith(PAGES))) {
    const page = file.slice(PAGES.length).replace(/\.md$/, "");
    if (!isLinked(index, page)) problems.push(`${file} is not linked in event-targets.md`);
  }
  return problems;
}
