import { assertEquals, assertGreater } from "@std/assert";
import { covers, readRights } from "../../hub/patterns.ts";

interface Row {
  readonly pattern: string;
  readonly subject: string | undefined;
  readonly allows: readonly string[];
  readonly refuses: readonly string[];
}

/** The table of docs/tokens.md. */
async function readTable(): Promise<Row[]> {
  const page = await Deno.readTextFile(new URL("../../docs/tokens.md", import.meta.url));
  const table = page.slice(page.indexOf("| Pattern")).split("\n\n")[0] ?? "";
  return table.split("\n").slice(2).map((line) => {
    const [pattern = [], subject = [], allows = [], refuses = []] = line.split("|").slice(1).map((cell) =>
      Array.from(cell.matchAll(/`([^`]*)`/g), ([, text = ""]) => text)
    );
    return { pattern: pattern[0] ?? "", subject: subject[0], allows, refuses };
  });
}

/** A topic as the hub asks for it. */
function asked(topic: string) {
  if (topic === "*") return { type: undefined, id: undefined };
  const at = topic.indexOf(":");
  return at < 0 ? { type: topic, id: undefined } : { type: topic.slice(0, at), id: topic.slice(at + 1) };
}

Deno.test("each pattern of the page allows what the page says, and nothing that it excludes", async () => {
  const rows = await readTable();
  assertGreater(rows.length, 15);
  for (const row of rows) {
    const { subscribe } = readRights({ subscribe: [row.pattern] }, row.subject);
    const allowed = (topics: readonly string[]) => topics.filter((topic) => covers(subscribe, asked(topic)));
    assertEquals([allowed(row.allows), allowed(row.refuses)], [row.allows, []], JSON.stringify(row));
  }
});

Deno.test("a claim of another shape allows nothing", () => {
  const topics = ["*", "news", "news:a", "0", "s"].map(asked);
  for (
    const claim of [
      undefined,
      null,
      "*",
      ["*"],
      { subscribe: "*" },
      { subscribe: { 0: "*", length: 1 } },
      { subscribe: [["*"], null, 1, { toString: () => "*" }] },
      { publish: ["*"], history: ["*"] },
      JSON.parse('{ "__proto__": { "subscribe": ["*"] } }'),
    ]
  ) {
    const { subscribe } = readRights(claim, "ada");
    assertEquals(topics.filter((topic) => covers(subscribe, topic)), [], JSON.stringify(claim));
  }
});

Deno.test("a subject without a form as text allows nothing", () => {
  for (const subject of ["", "\ud800"]) {
    const { subscribe } = readRights({ subscribe: ["inbox:{sub}"] }, subject);
    assertEquals(covers(subscribe, { type: "inbox", id: subject }), false);
  }
});
