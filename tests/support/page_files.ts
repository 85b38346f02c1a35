/** The files of a page: each is a block of code under a line with nothing but the path and a colon. */
const FILE = /^`([\w./]+)`:\n\n```[^\n]*\n(.*?)^```$/gms;

/** The text of each file in a Markdown page, by path. */
export function pageFiles(markdown: string): Record<string, string> {
  return Object.fromEntries(Array.from(markdown.matchAll(FILE), ([, path, text]) => [path, text]));
}
