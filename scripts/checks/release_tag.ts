// The tag, the version in deno.json and the changelog agree.

import { checkChangelogVersion } from "./changelog_version.ts";

/** The tag and the texts that {@linkcode checkReleaseTag} compares. */
export interface ReleaseInputs {
  /** The tag, such as `v1.2.3`. */
  readonly tag: string;
  /** `version` of deno.json. */
  readonly version: string;
  /** Text of CHANGELOG.md. */
  readonly changelog: string;
}

/** Returns one line for each disagreement. */
export function checkReleaseTag({ tag, version, changelog }: ReleaseInputs): string[] {
  const problems = checkChangelogVersion(version, changelog);
  if (tag !== `v${version}`) problems.push(`The tag is ${tag}, deno.json has version ${version}`);
  const heading = changelog.match(/^## .*$/m)?.[0] ?? "";
  if (!/ \d{4}-\d{2}-\d{2}$/.test(heading)) {
    problems.push(`CHANGELOG.md starts with "${heading}", not with a version and the date of its release`);
  }
  return problems;
}
