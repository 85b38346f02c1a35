// The groups that `deno task test` runs one after the other. Each test file belongs to exactly one of them.

/** Test files that run with the same options. */
export interface TestGroup {
  readonly name: string;
  /** Files, and folders with a slash at the end, relative to the root. A group without paths has all remaining files. */
  readonly paths: readonly string[];
  /** Whether as many files run at the same time as there are processors. */
  readonly parallel: boolean;
  /** Whether the option `--coverage` applies. */
  readonly coverage: boolean;
  /** Whether `deno task test` runs the group. */
  readonly byDefault: boolean;
}

export const TEST_GROUPS: readonly TestGroup[] = [
  {
    name: "side by side",
    paths: [],
    parallel: true,
    coverage: true,
    byDefault: true,
  },
  {
    // They measure how long work takes, stop processes, count the bytes of the whole process, set its environment, or depend
    // on deadlines or ports of others.
    name: "alone",
    paths: [
      "tests/adapters/_hub/incoming/kept_test.ts",
      "tests/adapters/_iroh/frame_parser_test.ts",
      "tests/adapters/iroh/processes_test.ts",
      "tests/adapters/iroh/tests_on_runtimes_test.ts",
      "tests/adapters/redis/cluster_test.ts",
      "tests/adapters/redis/failover_test.ts",
      "tests/adapters/redis/flush_test.ts",
      "tests/adapters/redis/history_cluster_test.ts",
      "tests/adapters/redis/history_model_test.ts",
      "tests/adapters/redis/script_time_test.ts",
      "tests/adapters/websocket/chromium_test.ts",
      "tests/adapters/websocket/reconnect_test.ts",
      "tests/adapters/websocket/slow_spoke_test.ts",
      "tests/adapters/worker/chromium_test.ts",
      "tests/examples/processors_test.ts",
      "tests/http/chromium_test.ts",
      "tests/hub/live_page_change_test.ts",
      "tests/hub/live_page_redis_test.ts",
      "tests/hub/live_page_test.ts",
      "tests/operators/runtimes_test.ts",
      "tests/scripts/process_test.ts",
      "tests/support/slow_line_test.ts",
      "tests/system/link_model_test.ts",
      "tests/system/process_faults_test.ts",
      "tests/system/scale_out_test.ts",
    ],
    parallel: false,
    coverage: true,
    byDefault: true,
  },
  {
    // Under `--coverage`, each worker takes a second to end. Other tests cover the same modules. Some of these workers block
    // a processor.
    name: "workers",
    paths: [
      "tests/adapters/worker/conformance_test.ts",
      "tests/adapters/worker/reconnect_test.ts",
      "tests/adapters/worker/worker_test.ts",
    ],
    parallel: false,
    coverage: false,
    byDefault: true,
  },
  {
    // They compare the time of this library with that of the runtime, and `--coverage` slows down only the library.
    name: "budgets",
    paths: [
      "tests/adapters/_hub/incoming/budget_test.ts",
      "tests/adapters/_hub/incoming/spread_test.ts",
      "tests/core/budget_test.ts",
      "tests/core/map_key_test.ts",
      "tests/core/schemas/cost_test.ts",
    ],
    parallel: false,
    coverage: false,
    byDefault: true,
  },
  {
    // `deno task test:long` runs them, every night and before a release.
    name: "long",
    paths: ["tests/long/"],
    parallel: false,
    coverage: false,
    byDefault: false,
  },
];

/** Returns the files of `group` among `files`. */
export function filesOf(group: TestGroup, files: readonly string[], groups = TEST_GROUPS): string[] {
  const named = (path: string, { paths }: TestGroup): boolean =>
    paths.some((own) => own.endsWith("/") ? path.startsWith(own) : path === own);
  return files.filter((path) =>
    group.paths.length > 0 ? named(path, group) : !groups.some((other) => named(path, other))
  );
}
