// Enough lines ran in the tests, counted with modules that no test loads, which the report of Deno leaves out.

/** Lines that could run and lines that did. */
interface LineCounts {
  readonly found: number;
  readonly hit: number;
}

/**
 * Returns one line for each of `modules` that the `lcov` report lacks, and one if less than `limit` percent of all
 * their lines ran. Paths in `lcov` must be written as in `modules`.
 */
export function checkCoverage(lcov: string, modules: readonly string[], limit: number): string[] {
  const counts = readLineCounts(lcov);
  const missing = modules.filter((path) => !counts.has(path));
  const covered = modules.map((path) => counts.get(path) ?? { found: 0, hit: 0 });
  const found = covered.reduce((sum, module) => sum + module.found, 0);
  const hit = covered.reduce((sum, module) => sum + module.hit, 0);
  const problems = missing.map((path) => `${path} is loaded by no test`);
  if (!(100 * hit >= limit * found && found > 0)) {
    problems.push(`${hit} of ${found} lines ran, which is less than ${limit} %`);
  }
  return problems;
}

/** Reads the line counts of each file in an lcov report. */
function readLineCounts(lcov: string): Map<string, LineCounts> {
  return new Map(
    lcov.split("end_of_record").flatMap((record): [string, LineCounts][] => {
      const field = (name: string) => record.match(new RegExp(`^${name}:(.+)$`, "m"))?.[1];
      const path = field("SF");
      return path === undefined ? [] : [[path, { found: Number(field("LF")), hit: Number(field("LH")) }]];
    }),
  );
}
