import { assertEquals } from "@std/assert";
import { checkMarkdownLinks } from "../../scripts/checks/markdown_links.ts";

const exists = (path: string) => ["README.md", "docs/delivery.md", "docs/a b.md", "LICENSE"].includes(path);
const check = (text: string) => checkMarkdownLinks("docs/page.md", text, exists);

Deno.test("links that lead to files, sections and other sites are accepted", () => {
  assertEquals(check("[a](delivery.md) [b](../README.md#install) [c](#here) [d](https://example.com/x)"), []);
  assertEquals(check("![picture](./a%20b.md) [e](/LICENSE 'title')\n\n[f]: delivery.md\n"), []);
});

Deno.test("links in code do not count", () => {
  assertEquals(check("`[a](gone.md)`\n\n```md\n[b](gone.md)\n```\n"), []);
});

Deno.test("links to missing files are reported", () => {
  assertEquals(check("[a](gone.md) and\n[b](../docs/gone.md#x)\n\n[c]: gone.md\n"), [
    "docs/page.md: link to gone.md leads nowhere",
    "docs/page.md: link to ../docs/gone.md#x leads nowhere",
    "docs/page.md: link to gone.md leads nowhere",
  ]);
  assertEquals(check("```md\n```\n[after code](gone.md)").length, 1);
  assertEquals(check("[](delivery.md/) [d](README.md)"), [
    "docs/page.md: link to delivery.md/ leads nowhere",
    "docs/page.md: link to README.md leads nowhere",
  ]);
});
