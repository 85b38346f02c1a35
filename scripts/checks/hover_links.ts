// Links in the comments of published modules are URLs of pages that exist: an editor shows the comments far from the pages.

const PAGES = "https://github.com/alkdev/pubsub/blob/main/";

/** Returns one line for each page that `text`, the module at `path`, names by anything but its URL. */
export function checkHoverLinks(path: string, text: string, exists: (path: string) => boolean): string[] {
  return [...text.matchAll(/[^\s()<>`"']+\.md\b/g)].flatMap(([link]) => {
    if (!link.startsWith(PAGES)) return [`${path}: ${link} is not a URL that starts with ${PAGES}`];
    return exists(link.slice(PAGES.length)) ? [] : [`${path}: link to ${link} leads nowhere`];
  });
}
