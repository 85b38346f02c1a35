// No test is switched off in the source. run_tests.ts finds tests that are switched off at run time.

const SKIPPED = /\.(ignore|only)\s*\(|\b(ignore\s*:|only\s*:\s*true)/;

/** Returns one line for each line of `source`, the test file at `path`, that skips tests or runs only some. */
export function checkSkippedTests(path: string, source: string): string[] {
  return source.split("\n").flatMap((line, index) =>
    SKIPPED.test(line) ? [`${path}:${index + 1}: skips tests: ${line.trim()}`] : []
  );
}
