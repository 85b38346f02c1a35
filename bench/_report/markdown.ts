import type { Summary } from "./report.ts";

/** Returns a Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Formats a median with the least and the greatest value. */
export function spread(
  { min, median, max }: Summary,
  format: (value: number) => string,
  unit = "",
): string {
  const told = `${format(median)}${unit}`;
  return min === max ? told : `${told} (${format(min)} … ${format(max)})`;
}

/** Formats a number with three significant digits. */
export function significant(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString("en-US", { maximumFractionDigits: 3 });
}
