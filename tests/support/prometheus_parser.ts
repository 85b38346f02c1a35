/** A sample of a metric. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A family of metrics, as the exposition formats define it. */
export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: Sample[];
}

const NAME = "[a-zA-Z_][a-zA-Z0-9_]*";

/**
 * Reads the text format of Prometheus 0.0.4, or OpenMetrics 1.0, as strictly as both can be read: help and type once for
 * each family and before its samples, no family in two places, and no sample twice.
 */
export function parseMetrics(text: string, isOpenMetrics: boolean): Family[] {
  const families: Family[] = [];
  const known = new Set<string>();
  const series = new Set<string>();
  const lines = text.split("\n");
  if (lines.pop() !== "") throw new Error("The last line has no line feed");
  if (isOpenMetrics && lines.pop() !== "# EOF") throw new Error("The text has no end");
  for (let i = 0; i < lines.length; i++) {
    const help = lines[i]?.match(new RegExp(`^# HELP (${NAME}) (.+)$`));
    if (help) {
      const [, name = "", what = ""] = help;
      const type = lines[++i]?.match(/^# TYPE (\S+) (counter|gauge)$/);
      if (type?.[1] !== name) throw new Error(`${name} has no type`);
      if (known.has(name)) throw new Error(`${name} is in two places`);
      known.add(name);
      families.push({ name, type: type[2] ?? "", help: what, samples: [] });
      continue;
    }
    const family = families.at(-1);
    // With "s": only a line feed ends a line here.
    const sample = lines[i]?.match(new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\d+)$`, "s"));
    if (!sample || family === undefined) throw new Error(`Cannot read ${lines[i]}`);
    const [, name = "", labels = "", value] = sample;
    const suffix = isOpenMetrics && family.type === "counter" ? "_total" : "";
    if (name !== family.name + suffix) throw new Error(`${name} stands in the family ${family.name}`);
    if (family.type === "counter" && !name.endsWith("_total")) throw new Error(`${name} is a counter`);
    if (series.has(`${name} ${labels}`)) throw new Error(`${lines[i]} comes twice`);
    series.add(`${name} ${labels}`);
    family.samples.push({ name, labels: parseLabels(labels), value: Number(value) });
  }
  return families;
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let rest = text;
  while (rest !== "") {
    const label = rest.match(new RegExp(`^(${NAME})="((?:[^"\\\\\\n]|\\\\[\\\\"n])*)"(?:,|$)`));
    if (!label) throw new Error(`Cannot read the labels ${rest}`);
    const [all, name = "", value = ""] = label;
    if (name in labels) throw new Error(`${name} comes twice`);
    labels[name] = value.replace(/\\(.)/g, (_, each) => each === "n" ? "\n" : each);
    rest = rest.slice(all.length);
  }
  return labels;
}
