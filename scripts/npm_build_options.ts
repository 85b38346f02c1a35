// What the npm package is: its package.json, and the options with which TypeScript compiles the sources. Exports, version
// and licence come from deno.json.

/** The part of deno.json that goes into the npm package. */
export interface PackageConfig {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
}

/** The formats of the modules, with the folder and the condition of `exports` of each. */
export const FORMATS = [
  { type: "module", folder: "esm", condition: "import" },
  { type: "commonjs", folder: "script", condition: "require" },
] as const;

/** The modules in whose place a bundler for pages loads another one, of the same exports, that does less. */
export const PAGE_MODULES: Readonly<Record<string, string>> = {
  "./adapters/_wire/json_frames.ts": "./adapters/_wire/page/json_frames.ts",
  "./core/console.ts": "./core/page/console.ts",
  "./core/encoded_length.ts": "./core/page/encoded_length.ts",
  "./core/repeater.ts": "./core/page/repeater.ts",
};

/** The repository. The provenance of npm must find the same one in the release workflow. */
const REPOSITORY = "https://github.com/alkdev/pubsub";

const KEYWORDS = [
  "pubsub",
  "publish-subscribe",
  "events",
  "eventtarget",
  "async-iterator",
  "typescript",
  "websocket",
  "redis",
  "worker",
  "quic",
  "iroh",
];

/** Packages that only some sub-paths need. */
const PEERS = ["@number0/iroh", "@opentelemetry/api", "ioredis", "react"];

/** How the npm package is built. */
export interface NpmBuildOptions {
  readonly compilerOptions: {
    readonly target: "es2022";
    readonly lib: readonly string[];
    readonly types: readonly string[];
  };
  /** Packages that only the build needs: types of `node:buffer` and `node:zlib`, which Redis and Iroh import, and of React. */
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly package: NpmManifest;
}

/** The package.json. */
export interface NpmManifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly keywords: readonly string[];
  readonly homepage: string;
  readonly bugs: { readonly url: string };
  readonly license: string;
  readonly author: string;
  readonly repository: { readonly type: "git"; readonly url: string };
  readonly type: "module";
  readonly main: string;
  readonly module: string;
  readonly types: string;
  readonly exports: Readonly<Record<string, string | Readonly<Record<"import" | "require", string>>>>;
  readonly typesVersions: { readonly "*": Readonly<Record<string, readonly string[]>> };
  readonly sideEffects: false;
  readonly engines: { readonly node: string };
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: true }>>;
  readonly publishConfig: { readonly access: "public" };
}

/** The `browser` field of the folder of each format, which bundlers for pages read. */
export function browserField(): Record<string, string> {
  const toCode = (path: string): string => path.replace(/\.ts$/, ".js");
  return Object.fromEntries(
    Object.entries(PAGE_MODULES).map(([path, inPage]) => [toCode(path), toCode(inPage)]),
  );
}

/** Returns the options for deno.json. */
export function npmBuildOptions(config: PackageConfig): NpmBuildOptions {
  const { name, version, license } = config;
  const [esm, commonJs] = FORMATS;
  const entries = Object.entries(config.exports).map((
    [subPath, path],
  ) => [subPath, path.slice(2, -".ts".length)]);
  const entry = (subPath: string): string => entries.find(([known]) => known === subPath)?.[1] ?? "";
  const main = entry(".");
  return {
    compilerOptions: { target: "es2022", lib: ["esnext", "dom"], types: ["node"] },
    devDependencies: { "@types/node": "^20.9.0", "@types/react": "^19.3.3" },
    package: {
      name,
      version,
      description:
        "Typed publish/subscribe with interchangeable event targets: in-process, WebSocket, workers, Redis and Iroh",
      keywords: KEYWORDS,
      homepage: `${REPOSITORY}#readme`,
      bugs: { url: `${REPOSITORY}/issues` },
      license,
      author: "alkdev contributors",
      repository: { type: "git", url: `git+${REPOSITORY}.git` },
      // The folder of each format has its own type. Without this one, tools guess.
      type: "module",
      main: `./${commonJs.folder}/${main}.js`,
      module: `./${esm.folder}/${main}.js`,
      types: `./${commonJs.folder}/${main}.d.ts`,
      exports: {
        ...Object.fromEntries(entries.map(([subPath, path]) => [subPath, {
          import: `./${esm.folder}/${path}.js`,
          require: `./${commonJs.folder}/${path}.js`,
        }])),
        "./package.json": "./package.json",
      },
      // For `moduleResolution: node`, which ignores `exports`.
      typesVersions: {
        "*": Object.fromEntries(
          entries.filter(([subPath]) => subPath !== ".")
            .map(([subPath = "", path]) => [subPath.slice(2), [`./${commonJs.folder}/${path}.d.ts`]]),
        ),
      },
      sideEffects: false,
      engines: { node: ">=20" },
      dependencies: npmDependencies(config.imports),
      // Any version: npm would refuse to install another one, also for programs that never use it.
      peerDependencies: Object.fromEntries(PEERS.map((name) => [name, "*"])),
      peerDependenciesMeta: Object.fromEntries(PEERS.map((name) => [name, { optional: true as const }])),
      publishConfig: { access: "public" },
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
