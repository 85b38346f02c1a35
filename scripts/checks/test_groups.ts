// Every test file belongs to exactly one group, and every path that a group names is there.

import { filesOf, type TestGroup } from "../test_groups.ts";

/** Returns one line for each of `files` that no group or more than one runs, and for each path without a file. */
export function checkTestGroups(groups: readonly TestGroup[], files: readonly string[]): string[] {
  const membersOf = groups.map((group) => ({ group, members: filesOf(group, files, groups) }));
  const problems = files.flatMap((file) => {
    const names = membersOf.filter(({ members }) => members.includes(file)).map(({ group }) => group.name);
    return names.length === 1
      ? []
      : [`${file} belongs to ${names.length === 0 ? "no group of tests" : names.join(" and to ")}`];
  });
  for (const { name, paths } of groups) {
    for (const path of paths) {
      const found = files.some((file) => path.endsWith("/") ? file.startsWith(path) : file === path);
      if (!found) problems.push(`${path}: no such test, but the group "${name}" names it`);
    }
  }
  return problems;
}
