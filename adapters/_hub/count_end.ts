/** The most close codes that are counted apart. */
const MAX_CODES = 32;

/** Counts an end by its close code. A peer may have chosen it. */
export function countEnd(ended: Record<string, number>, code: number | undefined): void {
  const key = code ?? "none";
  const counted = key in ended || Object.keys(ended).length < MAX_CODES ? key : "other";
  ended[counted] = (ended[counted] ?? 0) + 1;
}
