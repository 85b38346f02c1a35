/** A hub in a process of its own, whose memory is measured. */
import { lines } from "../../../scripts/lib/lines.ts";
import { bundle, NODE_20 } from "../runtimes.ts";

/** What the hub's process says of itself, in bytes. */
export interface HubMemory {
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
  readonly arrayBuffers: number;
  readonly connectionCount: number;
  readonly closingCount: number;
  /** The number of reports by stage. */
  readonly reported: Readonly<Record<string, number>>;
}

/** Events that the hub's own program publishes, on the type `fill`. */
export interface Fill {
  readonly count: number;
  readonly bytes: number;
  /** How many of them in one turn of the event loop. */
  readonly perTurn: number;
}

/** The hub's process. */
export interface MemoryHub extends AsyncDisposable {
  readonly port: number;
  /** Its resident memory now, and the most that it was since `forgetPeak`, in bytes. */
  resident(): { readonly now: number; readonly peak: number };
  forgetPeak(): void;
  /** Asks it, after it has done what is asked for. */
  ask(request?: { readonly publish?: Fill; readonly collect?: boolean }): Promise<HubMemory>;
}

/** The runtimes that a hub's memory is measured on. */
export type MemoryRuntime = "Deno" | "ws on Node 20";

/** Starts a hub with options of `createWebSocketServerEventTarget`, `authorize: "never"` for no answer at all, and `asks` to ask `accepts()`. */
export async function startMemoryHub(runtime: MemoryRuntime, options: object): Promise<MemoryHub> {
  await using stack = new AsyncDisposableStack();
  const bundled = stack.use(await bundle("memory_hub.ts"));
  const [command = "", ...flags] = runtime === "Deno"
    ? [Deno.execPath(), "run", "-A", "--v8-flags=--expose-gc,--max-old-space-size=6000"]
    : [...await NODE_20.program(), "--expose-gc", "--max-old-space-size=6000"];
  const child = new Deno.Command(command, {
    args: [...flags, bundled.path, runtime === "Deno" ? "native" : "ws", JSON.stringify(options)],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  stack.defer(async () => {
    child.kill("SIGKILL");
    await child.status;
  });
  const output = lines(child.stdout);
  const input = child.stdin.getWriter();
  const port = Number((await output.next()).value);
  const started = stack.move();
  const status = (): string => Deno.readTextFileSync(`/proc/${child.pid}/status`);
  const kilobytes = (name: string): number =>
    Number(status().match(new RegExp(`^${name}:\\s+(\\d+) kB`, "m"))?.[1] ?? 0);
  return {
    port,
    resident: () => ({ now: kilobytes("VmRSS") * 1024, peak: kilobytes("VmHWM") * 1024 }),
    forgetPeak: () => Deno.writeTextFileSync(`/proc/${child.pid}/clear_refs`, "5"),
    async ask(request = {}) {
      await input.write(new TextEncoder().encode(`${JSON.stringify(request)}\n`));
      const { value, done } = await output.next();
      if (done) throw new Error("The hub's process has ended");
      return JSON.parse(value);
    },
    async [Symbol.asyncDispose]() {
      await input.close();
      await started.disposeAsync();
      await output.return();
    },
  };
}
