import { setTimeout as delay } from "node:timers/promises";
import { type Child, startChild } from "../../../scripts/lib/child.ts";
import { openProxy, type TcpProxy } from "../../support/tcp_proxy.ts";
import { Accounts, type HubAccount } from "./accounts.ts";
import type { HistorySpokesMessage, Standing } from "./history_messages.ts";

/** How long each step may take, in milliseconds. */
const MAX_WAIT_MS = 30_000;
const ROOMS = 50;
const PROCESSES = 3;
const PER_PROCESS = 100;

/** A fault, by what it does. The index is that of a process of spokes. */
export type HistoryFault =
  | { readonly kind: "stop the hub" | "black hole"; readonly downMs: number }
  | { readonly kind: "kill spokes" | "stop spokes"; readonly downMs: number; readonly index: number }
  | { readonly kind: "cut" };

/** One hub with a history, the processes of its spokes, and the line between them. */
export class HistoryFleet implements AsyncDisposable {
  readonly spokes = PROCESSES * PER_PROCESS;
  readonly problems: string[] = [];
  heard = 0;
  gaps = 0;
  recoveries = 0;
  /** The events of each room, once the hub has published the last ones. */
  counts: readonly number[] = [];
  readonly #hub: Child;
  #port = 0;
  #proxy: TcpProxy | undefined;
  readonly #children: Child[] = [];
  readonly #standing = new Map<number, Standing>();
  readonly #complete = new Set<number>();
  readonly #accounts = new Accounts();
  /** How many processes of spokes were started. */
  #lives = 0;
  #ready = 0;
  #settled = 0;
  /** Processes that may end. */
  readonly #killed = new Set<Child>();

  private constructor() {
    this.#hub = startChild("tests/system/scale_out/history_hub.ts", [String(ROOMS)]);
    this.#watch(
      "hub",
      this.#hub,
      (message: HubAccount | { kind?: undefined; port?: number; counts?: number[] }) => {
        if (message.kind !== undefined) return void this.#accounts.hubs.push(message);
        this.#port = message.port ?? this.#port;
        this.counts = message.counts ?? this.counts;
      },
    );
  }

  static async start(): Promise<HistoryFleet> {
    const fleet = new HistoryFleet();
    try {
      await fleet.#until(() => fleet.#port > 0, "the hub listens");
      fleet.#proxy = await openProxy(fleet.#port);
      await Promise.all(Array.from({ length: PROCESSES }, (_, index) => fleet.#startSpokes(index)));
      return fleet;
    } catch (error) {
      await fleet[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Injects a fault, and waits until the process is back. */
  async strike(fault: HistoryFault): Promise<void> {
    if (fault.kind === "cut") return this.#proxy?.cut();
    if (fault.kind === "black hole") {
      this.#proxy?.blackhole();
      return await delay(fault.downMs);
    }
    const child = "index" in fault ? this.#children[fault.index] : this.#hub;
    if (child === undefined) throw new RangeError("There is no such process");
    if (fault.kind !== "kill spokes") {
      child.kill("SIGSTOP");
      await delay(fault.downMs);
      return child.kill("SIGCONT");
    }
    this.#killed.add(child);
    await child[Symbol.asyncDispose]();
    await delay(fault.downMs);
    await this.#startSpokes(fault.index);
  }

  /** Waits until every spoke is connected, and has recovered. */
  async settle(): Promise<void> {
    this.#settled = 0;
    for (const child of this.#children) await child.tell("settle");
    await this.#until(() => this.#settled === PROCESSES, "every spoke has recovered");
  }

  /** Lets the hub publish its last events, and waits until all spokes have received those of their rooms. */
  async finish(): Promise<void> {
    await this.#hub.tell("finish");
    await this.#until(() => this.#complete.size === this.spokes, "every spoke has heard the last words");
  }

  /** Asks every process for its numbers. Call it when all have finished. */
  async account(): Promise<Accounts> {
    const { hubs, links } = this.#accounts;
    for (const child of this.#children) await child.tell("account");
    await this.#until(() => links.length === this.spokes, "every spoke has told its numbers");
    await this.#hub.tell("account");
    await this.#until(() => hubs.length === 1, "the hub has told its numbers");
    return this.#accounts;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of [...this.#children, this.#hub]) {
      this.#killed.add(child);
      await child[Symbol.asyncDispose]();
    }
    await this.#proxy?.[Symbol.asyncDispose]();
  }

  async #startSpokes(index: number): Promise<void> {
    const first = index * PER_PROCESS;
    // Of those that were killed, every second one begins anew.
    const standing = Object.fromEntries(
      [...this.#standing].filter(([spoke]) =>
        spoke >= first && spoke < first + PER_PROCESS && spoke % 2 === 0
      ),
    );
    for (let spoke = first; spoke < first + PER_PROCESS; spoke++) this.#complete.delete(spoke);
    const args = [first, PER_PROCESS, ROOMS, this.#lives++].map(String);
    const child = this.#children[index] = startChild(
      "tests/system/scale_out/history_spokes.ts",
      [`ws://127.0.0.1:${this.#proxy?.port}`, ...args, JSON.stringify(standing)],
      ["--allow-net"],
    );
    const ready = this.#ready + 1;
    this.#watch(`spokes ${index}`, child, (message: HistorySpokesMessage) => this.#onMessage(message));
    await this.#until(() => this.#ready >= ready, `spokes ${index} are subscribed`);
  }

  #onMessage(message: HistorySpokesMessage): void {
    switch (message.kind) {
      case "ready":
        this.#ready++;
        break;
      case "settled":
        this.#settled++;
        break;
      case "heard":
        this.heard++;
        this.#standing.set(message.spoke, message);
        break;
      case "jumped":
        this.problems.push(`${message.spoke} heard ${message.n} after ${message.after}`);
        break;
      case "gap":
        this.gaps++;
        break;
      case "recovered":
        this.recoveries++;
        break;
      case "complete":
        this.#complete.add(message.spoke);
        break;
      case "link account":
        this.#accounts.links.push(message);
    }
  }

  /** Reads the output of a program until it ends. */
  #watch<TMessage>(name: string, child: Child, onMessage: (message: TMessage) => void): void {
    const read = async (): Promise<void> => {
      for await (const line of child.stdout) onMessage(JSON.parse(line) as TMessage);
    };
    const print = async (): Promise<void> => {
      // The hub reports the faults that are injected.
      for await (const line of child.stderr) if (name !== "hub") this.problems.push(`${name}: ${line}`);
    };
    void Promise.all([read(), print(), child.status]).then(
      () => this.#killed.has(child) || this.problems.push(`${name} has ended`),
      (error) => this.#killed.has(child) || this.problems.push(`${name}: ${error}`),
    );
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    const end = performance.now() + MAX_WAIT_MS;
    while (!condition()) {
      if (this.problems.length > 0) throw new Error(this.problems.slice(0, 10).join("\n"));
      if (performance.now() > end) throw new Error(`Waited ${MAX_WAIT_MS} ms in vain until ${what}`);
      await delay(20);
    }
  }
}
