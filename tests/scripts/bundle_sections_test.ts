import { assertEquals } from "@std/assert";
import { bundleSections } from "../../scripts/checks/bundle_sections.ts";

Deno.test("a bundle is split into its modules, whatever their code contains", () => {
  const sections = [
    { path: "core/a.ts", code: '// core/a.ts\nvar a = "\\n// core/x.ts";\n  // core/y.ts\n\n' },
    { path: "node_modules/@b/c/src/d.js", code: "// node_modules/@b/c/src/d.js\n// of e.ts\nvar d;\n\n" },
    { path: "page.ts", code: "// page.ts\nuse(a, d);\n" },
  ];
  assertEquals(bundleSections(sections.map(({ code }) => code).join("")), sections);
  assertEquals(bundleSections(`var helper;\n${sections[2]?.code}`), sections.slice(2));
});
