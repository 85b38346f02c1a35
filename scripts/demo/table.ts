/** Formats rows as columns. The first row is the header. Columns of numbers are aligned to the right. */
export function formatTable(rows: readonly (readonly (string | number)[])[]): string {
  const [header = [], ...body] = rows;
  const widths = header.map((_, column) => Math.max(...rows.map((row) => String(row[column] ?? "").length)));
  const isNumeric = header.map((_, column) => body.every((row) => /^(\d|$)/.test(String(row[column] ?? ""))));
  const line = (row: readonly (string | number)[]): string =>
    widths.map((width, column) => {
      const text = String(row[column] ?? "");
      return isNumeric[column] ? text.padStart(width) : text.padEnd(width);
    }).join("  ").trimEnd();
  return [line(header), widths.map((width) => "-".repeat(width)).join("  "), ...body.map(line)].join("\n");
}
