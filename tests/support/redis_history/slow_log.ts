/** The longest that a command may hold Redis, in microseconds. */
export const MAX_HELD_US = 2500;

/** The options of a server that logs the commands which take longer. */
export const SLOW_LOG = ["--slowlog-log-slower-than", String(MAX_HELD_US), "--slowlog-max-len", "1000"];

/** The part of a client that is used. */
interface Client {
  call(command: string, ...args: string[]): Promise<unknown>;
}

/** Finds the commands that held Redis for too long. Its log has the time by the clock. */
export class SlowLog {
  readonly #client: Client;
  readonly #pid: () => number;
  #last = { pid: 0, waitedUs: 0 };

  /** `pid` is the process of Redis, which can be another one later. */
  constructor(client: Client, pid: () => number) {
    this.#client = client;
    this.#pid = pid;
  }

  /**
   * Returns the commands since the last call that held Redis for too long. Other processes can have had the processor
   * meanwhile: that time does not count, nor does that for which the process was stopped.
   */
  async take(stoppedUs: () => number = () => 0): Promise<string[]> {
    const isEmpty = await this.#client.call("SLOWLOG", "LEN") === 0;
    const found = isEmpty ? [] : await this.#client.call("SLOWLOG", "GET", "1000");
    if (!isEmpty) await this.#client.call("SLOWLOG", "RESET");
    const before = this.#last;
    const pid = this.#pid();
    this.#last = { pid, waitedUs: await waitedUs(pid) };
    const elsewhere = this.#last.waitedUs - (before.pid === pid ? before.waitedUs : 0) +
      stoppedUs();
    return Array.from(Object(found)).flatMap((entry) => {
      const [, , us, command] = Object(entry);
      return us - elsewhere > MAX_HELD_US ? [`${us} µs: ${textOf(command)}`] : [];
    });
  }
}

/** How long the main thread of a process was ready to run and had no processor. */
async function waitedUs(pid: number): Promise<number> {
  const [, waited] = (await Deno.readTextFile(`/proc/${pid}/schedstat`)).split(" ");
  return Number(waited) / 1000;
}

/** A command without the text of its script. */
function textOf(command: unknown): string {
  const parts = Array.from(Object(command), String).filter((part) => !part.includes("\n"));
  return parts.slice(0, 12).join(" ").slice(0, 200);
}
