// What is released holds nothing that is true only before the release.

/** The comment that marks such a passage. */
const MARKER = "<!-- before-release -->";

/** The words of such a passage, where the marker was forgotten. */
const PHRASE =
  /\bnot (?:yet )?(?:been )?released\b|\bunreleased\b|\b(?:until|once) (?:version )?v?\d[\d.]*\d is released\b/i;

/**
 * Returns one line for each marker in `text`, the page or module at `path`, or else for each line that speaks of the time
 * before the release. What stands inside code of a page does not count.
 */
export function checkBeforeRelease(path: string, text: string): string[] {
  const prose = text
    .replaceAll(/^( *)(`{3,})[^]*?^ *\2/gm, (code) => code.replaceAll(/[^\n]/g, ""))
    .replaceAll(/`[^`\n]*`/g, "");
  const linesWith = (holds: (line: string) => boolean, problem: string): string[] =>
    prose.split("\n").flatMap((line, index) => holds(line) ? [`${path}:${index + 1}: ${problem}`] : []);
  const marked = linesWith((line) => line.includes(MARKER), `remove what ${MARKER} marks before the release`);
  if (marked.length > 0) return marked;
  return linesWith((line) => PHRASE.test(line), "this will be untrue once the version is released");
}
