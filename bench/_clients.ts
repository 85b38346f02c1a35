// The clients of a hub, in a process of their own.

/** How a client connects and reads: with the library, with socket.io, or with a bare `WebSocket`. */
export type Protocol = "pubsub" | "socket.io" | "bare";

/** What the process is told, by its one argument. */
export interface Task {
  /** Where the hub is. */
  readonly port: number;
  /** How to connect. */
  readonly protocol: Protocol;
  /** How many clients there are. */
  readonly count: number;
  /** How many events each of them gets at a time, numbered from 0. */
  readonly burst: number;
}

/** What the process tells, a line each. */
export type Told =
  | { readonly kind: "connected" }
  /** Every client has had all of a burst, in order. */
  | { readonly kind: "burst"; readonly latencies: readonly number[] }
  | { readonly kind: "error"; readonly error: string };

/** The clients of a hub. */
export interface Clients {
  /** Resolves when every client has had the next burst, with the latencies in milliseconds of the events that one had. */
  onBurst(): Promise<readonly number[]>;
}

/**
 * Starts clients, and waits until all of them are connected and subscribed.
 *
 * @param task Where, how, and how many.
 * @returns The clients, which end with this process.
 */
export async function startClients(task: Task): Promise<Clients> {
  const script = new URL("_client_process.ts", import.meta.url).pathname;
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", script, JSON.stringify(task)],
    // It ends when this end of the pipe does.
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  process.unref();
  const lines = linesOf(process.stdout);
  const next = async (): Promise<Told> => {
    const { value } = await lines.next();
    if (value === undefined) throw new Error("The clients are gone");
    const told: Told = JSON.parse(value);
    if (told.kind === "error") throw new Error(`${task.protocol}: ${told.error}`);
    return told;
  };
  await next();
  return {
    async onBurst() {
      const told = await next();
      return told.kind === "burst" ? told.latencies : [];
    },
  };
}

/**
 * The lines of a stream of bytes.
 *
 * @param bytes The stream.
 * @returns Its lines, without their ends.
 */
export async function* linesOf(bytes: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
