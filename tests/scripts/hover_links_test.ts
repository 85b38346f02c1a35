import { assertEquals } from "@std/assert";
import { checkHoverLinks } from "../../scripts/checks/hover_links.ts";

const PAGES = "https://github.com/alkdev/pubsub/blob/main/";
const check = (text: string) => checkHoverLinks("core/a.ts", text, (path) => path === "docs/delivery.md");

Deno.test("a comment of a published module can link a page by its URL", () => {
  assertEquals(check(`/** See [delivery](${PAGES}docs/delivery.md#ready). */\nimport "./b.ts";\n`), []);
});

Deno.test("a comment of a published module that names a page in any other way is refused", () => {
  for (
    const link of ["docs/delivery.md", "../docs/delivery.md", "README.md", "https://example.com/delivery.md"]
  ) {
    for (const text of [`\`${link}\``, `[delivery](${link}#ready)`, `see ${link}`]) {
      assertEquals(check(`/** ${text} says more. */`), [
        `core/a.ts: ${link} is not a URL that starts with ${PAGES}`,
      ]);
    }
  }
});

Deno.test("a link to a page that does not exist is refused", () => {
  assertEquals(check(`/** ${PAGES}docs/missing.md */`), [
    `core/a.ts: link to ${PAGES}docs/missing.md leads nowhere`,
  ]);
});
