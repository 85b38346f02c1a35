// Checks that what is to be released is what the tag says: `check_release.ts v1.2.3`. Exits with 1 if it is not.

import config from "../deno.json" with { type: "json" };
import { checkReleaseTag } from "./checks/release_tag.ts";

const changelog = await Deno.readTextFile(new URL("../CHANGELOG.md", import.meta.url));
const problems = checkReleaseTag({ tag: Deno.args[0] ?? "", version: config.version, changelog });
for (const problem of problems) console.error(problem);
Deno.exit(problems.length === 0 ? 0 : 1);
