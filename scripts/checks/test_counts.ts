// Counts the tests, steps included, in the JUnit report of `deno test`.

/** The number of tests by outcome. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly ignored: number;
}

/** Counts the outcomes in `junit`. A run that ended with another `exitCode` than 0 has at least one failure. */
export function countTests(junit: string, exitCode: number): TestCounts {
  // The report also lists tests that --filter leaves out, as skipped tests without a time.
  const ran = junit.replaceAll(/<testcase (?![^>]* time=)[^>]*>\s*<skipped\/>/g, "");
  const count = (tag: RegExp) => ran.match(tag)?.length ?? 0;
  const ignored = count(/<skipped\/>/g);
  const failed = count(/<(failure|error) /g);
  const passed = count(/<testcase /g) - failed - ignored;
  // An error outside of any test, such as a type error, is not in the report.
  return { passed, failed: exitCode === 0 ? failed : Math.max(failed, 1), ignored };
}
