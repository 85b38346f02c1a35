// Reads the mappings of a source map.

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** A place in generated code from which on the code comes from one source. Numbers count from 0. */
export interface MappedCode {
  readonly line: number;
  readonly column: number;
  /** The number of the source, or `undefined` for code of the generator. */
  readonly source: number | undefined;
}

/** Returns the places that the mappings of a source map name, in order. */
export function mappedCode(mappings: string): MappedCode[] {
  let source = 0;
  return mappings.split(";").flatMap((segments, line) => {
    let column = 0;
    return segments.split(",").filter((segment) => segment !== "").map((segment) => {
      // Each number is the difference to the one before.
      const [columns = 0, sources] = numbersOf(segment);
      column += columns;
      source += sources ?? 0;
      return { line, column, source: sources === undefined ? undefined : source };
    });
  });
}

/** Decodes numbers. Each digit has five bits, the lowest first, and one that says whether another digit follows. */
function numbersOf(segment: string): number[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const character of segment) {
    const digit = BASE64.indexOf(character);
    value |= (digit & 31) << shift;
    shift += 5;
    if (digit & 32) continue;
    // The lowest bit is the sign.
    numbers.push(value & 1 ? -(value >> 1) : value >> 1);
    value = shift = 0;
  }
  return numbers;
}
