// Pages that are released hold nothing that is true only before the release.

/** The comment that marks such a passage. */
const MARKER = "<!-- before-release -->";

/** Returns one line for each marker in `text`, the page at `path`; markers inside code do not count. */
export function checkBeforeRelease(path: string, text: string): string[] {
  const prose = text
    .replaceAll(/^( *)(`{3,})[^]*?^ *\2/gm, (code) => code.replaceAll(/[^\n]/g, ""))
    .replaceAll(/`[^`\n]*`/g, "");
  return prose.split("\n").flatMap((line, index) =>
    line.includes(MARKER) ? [`${path}:${index + 1}: remove what ${MARKER} marks before the release`] : []
  );
}
