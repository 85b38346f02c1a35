// The version in deno.json is the newest one of the changelog.

/** Returns one line unless `version` is the newest entry of `changelog`. `## Unreleased` does not count. */
export function checkChangelogVersion(version: string, changelog: string): string[] {
  const newest = changelog.match(/^## \[?(\d+\.\d+\.\d+[^\]\s]*)/m)?.[1];
  return newest === version
    ? []
    : [`deno.json has version ${version}, CHANGELOG.md's newest entry is ${newest}`];
}
