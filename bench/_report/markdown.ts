import type { Summary } from "./report.ts";

/**
 * A Markdown table.
 *
 * @param head The cells of its head.
 * @param rows The cells of its rows.
 * @returns The table.
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/**
 * A median with the least and the most.
 *
 * @param summary What to tell.
 * @param format How a value is told.
 * @param unit What is told behind the median.
 * @returns The text.
 */
export function spread(
  { min, median, max }: Summary,
  format: (value: number) => string,
  unit = "",
): string {
  const told = `${format(median)}${unit}`;
  return min === max ? told : `${told} (${format(min)} … ${format(max)})`;
}

/**
 * A number with three digits that mean something.
 *
 * @param value The number.
 * @returns The text.
 */
export function significant(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString("en-US", { maximumFractionDigits: 3 });
}
