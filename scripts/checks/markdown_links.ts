// Relative links in Markdown lead to files that exist.

/** Returns one line for each relative link of `text`, the page at `path`, whose target does not exist. */
export function checkMarkdownLinks(path: string, text: string, exists: (path: string) => boolean): string[] {
  const prose = text.replaceAll(/^( *)(`{3,})[^]*?^ *\2/gm, "").replaceAll(/`[^`\n]*`/g, "");
  const links = [...prose.matchAll(/\]\(<?([^)\s>]+)|^\[[^\]]+\]:\s*(\S+)/gm)].map((match) =>
    match[1] ?? match[2] ?? ""
  );
  return links
    .filter((link) => !/^([a-z][a-z+.-]*:|#)/i.test(link))
    .filter((link) => !exists(decodeURIComponent(new URL(link, `file:///${path}`).pathname.slice(1))))
    .map((link) => `${path}: link to ${link} leads nowhere`);
}
