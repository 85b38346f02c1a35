// An npm package has the expected manifest and the expected files.

/** The package that {@linkcode checkNpmPackage} checks. */
export interface NpmPackage {
  /** package.json as it is in the package. */
  readonly manifest: Readonly<Record<string, unknown>>;
  /** Every file of the package, relative to its root. */
  readonly files: readonly string[];
}

/** The expected contents of an npm package. */
export interface ExpectedNpmPackage {
  /** Fields of package.json, apart from `exports` and `dependencies`. */
  readonly manifest: Readonly<Record<string, unknown>>;
  /** The sub-paths that users can import. */
  readonly exports: readonly string[];
  /** The conditions for which each export must have a file and types. */
  readonly formats: readonly ("import" | "require")[];
  /** All `dependencies`. */
  readonly dependencies: Readonly<Record<string, string>>;
}

/** Files that every package has. */
const DOCUMENTS = ["LICENSE", "README.md"];

/** Tests, and shims of runtimes. */
const UNWANTED = /(^|\/)(tests?\/|_dnt\.|node_modules\/)|_test\.|test_runner/;

/** Returns one line for each difference. */
export function checkNpmPackage({ manifest, files }: NpmPackage, expected: ExpectedNpmPackage): string[] {
  const problems: string[] = [];
  const compare = (field: string, actual: unknown, wanted: unknown) => {
    if (canonical(actual) === canonical(wanted)) return;
    problems.push(`package.json: ${field} is ${canonical(actual)}, not ${canonical(wanted)}`);
  };
  for (const [field, wanted] of Object.entries(expected.manifest)) compare(field, manifest[field], wanted);
  compare("dependencies", manifest["dependencies"], expected.dependencies);
  // Users never install devDependencies.
  for (const field of ["optionalDependencies", "scripts"]) {
    compare(field, manifest[field] ?? {}, {});
  }

  // Tools read the manifest by its name; it has no modules.
  const { "./package.json": _, ...exports } = recordOf(manifest["exports"]);
  compare("the sub-paths of exports", Object.keys(exports).sort(), [...expected.exports].sort());
  for (const [subPath, conditions] of Object.entries(exports)) {
    for (const format of expected.formats) {
      const file = recordOf(conditions)[format];
      for (const path of typeof file === "string" ? [file, file.replace(/\.js$/, ".d.ts")] : [undefined]) {
        if (path === undefined) problems.push(`package.json: ${subPath} has no ${format}`);
        else if (!files.includes(path.replace("./", ""))) problems.push(`no file ${path} for ${subPath}`);
      }
    }
  }
  for (const file of DOCUMENTS) if (!files.includes(file)) problems.push(`no file ${file}`);
  for (const file of files) {
    if (UNWANTED.test(file)) problems.push(`${file} does not belong into the package`);
  }
  return problems;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return value instanceof Object ? Object.fromEntries(Object.entries(value)) : {};
}

/** JSON with sorted members, so that their order makes no difference. */
function canonical(value: unknown): string {
  const sorted = (_key: string, member: unknown) =>
    member instanceof Object && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => a < b ? -1 : 1))
      : member;
  return JSON.stringify(value, sorted) ?? "missing";
}
