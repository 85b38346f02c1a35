// The options by which `@deno/dnt` builds the npm package. Exports, version and licence come from deno.json. They are in
// a module of their own, so that tests can check them without JSR.

/** The part of deno.json that goes into the npm package. */
export interface PackageConfig {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
}

/** The description in the registry. */
const DESCRIPTION =
  "Typed publish/subscribe with interchangeable event targets: in-process, WebSocket, workers, Redis and Iroh";

/** The repository. The provenance of npm must find the same one in the release workflow. */
const REPOSITORY = "git+https://github.com/alkdev/pubsub.git";

/** The polyfills that dnt must not add. Only the one for `import.meta` stays, which CommonJS needs. */
const POLYFILLS = [
  "arrayFindLast",
  "arrayFromAsync",
  "errorCause",
  "objectHasOwn",
  "promiseWithResolvers",
  "stringReplaceAll",
] as const;

/** The part of dnt's `BuildOptions` that is used here. */
export interface NpmBuildOptions {
  readonly entryPoints: { readonly name: string; readonly path: string }[];
  readonly outDir: string;
  readonly importMap: string;
  readonly shims: Record<string, never>;
  readonly polyfills: Readonly<Record<typeof POLYFILLS[number], false>>;
  readonly test: false;
  readonly typeCheck: "both";
  readonly declaration: "inline";
  readonly declarationMap: false;
  readonly esModule: true;
  readonly scriptModule: "cjs";
  readonly skipSourceOutput: true;
  readonly compilerOptions: {
    readonly target: "ES2022";
    readonly lib: ("DOM" | "ESNext")[];
  };
  readonly package: NpmManifest;
}

/** The fields of package.json that dnt does not derive from entry points and imports. */
export interface NpmManifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly type: "module";
  readonly repository: { readonly type: "git"; readonly url: string };
  readonly engines: { readonly node: string };
  readonly sideEffects: false;
  readonly peerDependencies: Record<string, string>;
  readonly peerDependenciesMeta: Record<string, { readonly optional: true }>;
  readonly devDependencies: Record<string, string>;
}

/** Returns the options of dnt's `build`. Paths are relative to the root of the repository. */
export function npmBuildOptions({ name, version, license, exports }: PackageConfig): NpmBuildOptions {
  return {
    entryPoints: Object.entries(exports).map(([name, path]) => ({ name, path })),
    outDir: "./npm",
    importMap: "./deno.json",
    shims: {},
    // Cast: the entries have every name.
    polyfills: Object.fromEntries(POLYFILLS.map((name) => [name, false])) as NpmBuildOptions["polyfills"],
    test: false,
    typeCheck: "both",
    declaration: "inline",
    declarationMap: false,
    esModule: true,
    scriptModule: "cjs",
    skipSourceOutput: true,
    compilerOptions: { target: "ES2022", lib: ["ESNext", "DOM"] },
    package: {
      name,
      version,
      description: DESCRIPTION,
      license,
      // The folder of each format has its own type. Without this one, tools guess.
      type: "module",
      repository: { type: "git", url: REPOSITORY },
      engines: { node: ">=20" },
      sideEffects: false,
      peerDependencies: { "@number0/iroh": "^1", ioredis: "^5 || ^6" },
      peerDependenciesMeta: { "@number0/iroh": { optional: true }, ioredis: { optional: true } },
      // For the type check by dnt: the event targets of Redis and Iroh import `node:buffer` and `node:zlib`.
      devDependencies: { "@types/node": "^20.9.0" },
    },
  };
}

/** The dependencies of the package, with the versions of the import map. */
export function npmDependencies(imports: Readonly<Record<string, string>>): Record<string, string> {
  const name = "@repeaterjs/repeater";
  const range = imports[name]?.replace(`npm:${name}@`, "");
  if (range === undefined) {
    throw new TypeError(`Cannot read the version of ${name}: deno.json does not import it`);
  }
  return { [name]: range };
}
