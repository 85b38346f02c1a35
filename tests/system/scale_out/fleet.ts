import { setTimeout as delay } from "node:timers/promises";
import { type Child, startChild } from "../../../scripts/lib/child.ts";
import { startRedisAt } from "../../../scripts/lib/redis_server.ts";
import { SLOW_LOG } from "../../support/redis_history/slow_log.ts";
import { Accounts } from "./accounts.ts";
import type { FleetSize } from "./fleet_size.ts";
import { HeldWatch } from "./held.ts";
import { readKept } from "./kept.ts";
import { Ledger } from "./ledger.ts";
import type { HubMessage, SpokesMessage } from "./messages.ts";
import { pause } from "./pause.ts";
import { type Proxy, startProxy } from "./proxy.ts";
import type { Fault, Part } from "./schedule.ts";

/** Redis has written what it answers. */
const AOF = ["--appendonly", "yes", "--appendfsync", "always"];

const STEP_MS = 20;
/** How long each step may take, in milliseconds. */
const MAX_WAIT_MS = 30_000;
/** The number of reports of the programs that are kept. */
const MAX_REPORTS = 100;

/** A process that can get a fault. Disposing of it kills it. */
interface Service extends AsyncDisposable {
  readonly pid: number;
}

/** The processes of Redis, hubs and spokes, and the proxy in front of the hubs. */
export class Fleet implements AsyncDisposable {
  /** The reports of the spokes. */
  readonly ledger: Ledger = new Ledger();
  /** The number of spokes. */
  readonly spokes: number;
  /** The last errors of the programs. Most of them come from the injected faults. */
  readonly reports: string[] = [];
  readonly #size: FleetSize;
  readonly #directory: string;
  readonly #proxy: Proxy;
  readonly #services: Record<Part, Service[]> = { Redis: [], hub: [], spokes: [] };
  /** The running processes of spokes. */
  readonly #children: Child[] = [];
  readonly #hubs: Child[] = [];
  readonly #lives: number[] = [];
  readonly #hubsWithGap = new Set<number>();
  #held: HeldWatch | undefined;
  #accounts = new Accounts();
  #isTalking = false;
  /** The number of processes of spokes that have settled. */
  #settled = 0;
  /** The error of a process that ended by itself. */
  #failure: Error | undefined;

  private constructor(size: FleetSize, directory: string, proxy: Proxy) {
    this.#size = size;
    this.#directory = directory;
    this.#proxy = proxy;
    this.spokes = size.processes * size.perProcess;
  }

  /** Starts everything, and waits until every spoke is subscribed. */
  static async start(size: FleetSize): Promise<Fleet> {
    const directory = await Deno.makeTempDir({ prefix: "pubsub-scale-out-" });
    const fleet = new Fleet(size, directory, await startProxy());
    try {
      await fleet.#start("Redis", 0);
      fleet.#held = new HeldWatch(fleet.#redisPath, () => fleet.#services.Redis[0]?.pid ?? 0);
      await Promise.all(Array.from({ length: size.hubs }, (_, index) => fleet.#start("hub", index)));
      await Promise.all(Array.from({ length: size.processes }, (_, index) => fleet.#start("spokes", index)));
      return fleet;
    } catch (error) {
      await fleet[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Injects a fault, and waits until the process is back. */
  async strike({ part, index, signal, downMs }: Fault): Promise<void> {
    const service = this.#services[part][index];
    if (service === undefined) throw new RangeError(`There is no ${part} ${index}`);
    this.#hubsWithGap.clear();
    this.ledger.onFault(Date.now());
    if (signal === "SIGSTOP") {
      const stop = (): Promise<void> => pause(service.pid, downMs);
      return await (part === "Redis" ? this.#held?.whileStopped(downMs, stop) : stop());
    }
    await service[Symbol.asyncDispose]();
    await delay(downMs);
    await this.#start(part, index);
    if (part !== "Redis") return;
    await this.#until(() => this.#hubsWithGap.size === this.#size.hubs, "every hub has Redis again");
  }

  /** Waits until every spoke is connected, and its hub has answered. */
  async settle(): Promise<void> {
    this.#settled = 0;
    for (const child of this.#children) await child.tell("settle");
    await this.#until(() => this.#settled === this.#size.processes, "every spoke is back");
  }

  /** Lets every spoke publish at random times. */
  async talk(): Promise<void> {
    for (const child of this.#children) await child.tell("talk");
    this.#isTalking = true;
  }

  /** Lets every spoke publish its last event, and waits until each has received the last events of its room. */
  async finish(): Promise<void> {
    for (const child of this.#children) await child.tell("finish");
    await this.#until(() => this.ledger.complete === this.spokes, "every spoke has heard the last words");
  }

  /** Asks every process for its numbers. Call it when all have finished. */
  async account(): Promise<Accounts> {
    const accounts = this.#accounts = new Accounts();
    await this.settle();
    for (const child of this.#hubs) await child.tell("account");
    await this.#until(() => accounts.hubs.length === this.#size.hubs, "every hub has told its numbers");
    for (const child of this.#children) await child.tell("account");
    await this.#until(() => accounts.links.length === this.spokes, "every spoke has told its numbers");
    return accounts;
  }

  /** Returns the commands that have held Redis for too long. What comes next does not count. */
  async slowCommands(): Promise<readonly string[]> {
    await this.#held?.end();
    return this.#held?.slow ?? [];
  }

  /** Reads which events are in the history of Redis. */
  readHistory(): Promise<ReadonlySet<string>> {
    return readKept(this.#redisPath);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#held?.end();
    // Redis last: hubs that lose it earlier report that.
    const { spokes, hub, Redis } = this.#services;
    for (const service of [...spokes, ...hub, ...Redis]) await service[Symbol.asyncDispose]();
    await this.#proxy[Symbol.asyncDispose]();
    await Deno.remove(this.#directory, { recursive: true });
  }

  /** Waits for a condition. Throws if a process ends by itself. */
  async #until(condition: () => boolean, what: string): Promise<void> {
    const end = performance.now() + MAX_WAIT_MS;
    while (!condition()) {
      if (this.#failure !== undefined) throw this.#failure;
      if (performance.now() > end) throw new Error(`Waited ${MAX_WAIT_MS} ms in vain until ${what}`);
      await delay(STEP_MS);
    }
  }

  async #start(part: Part, index: number): Promise<void> {
    this.#services[part][index] = part === "Redis"
      ? await startRedisAt(this.#redisPath, ...SLOW_LOG, ...(this.#size.history ? AOF : []))
      : part === "hub"
      ? await this.#startHub(index)
      : await this.#startSpokes(index);
  }

  get #redisPath(): string {
    return `${this.#directory}/redis.sock`;
  }

  get #mode(): string[] {
    return this.#size.history ? ["history"] : [];
  }

  async #startHub(index: number): Promise<Service> {
    const child = this.#hubs[index] = startChild("tests/system/scale_out/hub.ts", [
      this.#redisPath,
      ...this.#mode,
    ], ["-A"]);
    let port: number | undefined;
    const service = this.#watch<HubMessage>(`hub ${index}`, child, (message) => {
      if (message.kind === "hub account") this.#accounts.hubs.push(message);
      else if (message.kind === "gap") this.#hubsWithGap.add(index);
      else port = message.port;
    }, () => port !== undefined && this.#proxy.targets.delete(port));
    await this.#until(() => port !== undefined, `hub ${index} listens`);
    if (port !== undefined) this.#proxy.targets.add(port);
    return service;
  }

  async #startSpokes(index: number): Promise<Service> {
    const { perProcess, rooms } = this.#size;
    const life = this.#lives[index] = (this.#lives[index] ?? -1) + 1;
    const first = index * perProcess;
    const url = `ws://127.0.0.1:${this.#proxy.port}`;
    const args = [first, perProcess, rooms, this.spokes / rooms, life].map(String);
    const child = this.#children[index] = startChild("tests/system/scale_out/spokes.ts", [
      url,
      ...args,
      ...this.#mode,
    ], [
      "--allow-net",
    ]);
    let ready = false;
    const service = this.#watch<SpokesMessage>(`spokes ${index}`, child, (message) => {
      if (message.kind === "ready") ready = true;
      else if (message.kind === "settled") this.#settled++;
      else if (message.kind === "link account") this.#accounts.links.push(message);
      else this.ledger.onMessage(message);
    }, () => {
      for (let id = first; id < first + perProcess; id++) this.ledger.onDeath(`${id}.${life}`);
    });
    await this.#until(() => ready, `spokes ${index} are subscribed`);
    // Those that take the place of others.
    if (this.#isTalking) await child.tell("talk");
    return service;
  }

  /** Reads the output of a program until it ends. */
  #watch<TMessage>(
    name: string,
    child: Child,
    onMessage: (message: TMessage) => void,
    onEnd: () => void,
  ): Service {
    let killed = false;
    const read = async (): Promise<void> => {
      // Our own programs write each line at once, so a killed program leaves no half line.
      for await (const line of child.stdout) onMessage(JSON.parse(line) as TMessage);
    };
    const print = async (): Promise<void> => {
      for await (const line of child.stderr) {
        if (this.reports.push(`${name}: ${line}`) > MAX_REPORTS) this.reports.shift();
      }
    };
    const ended = Promise.all([read(), print(), child.status]).then(onEnd);
    ended.then(
      () => this.#failure ??= killed ? undefined : new Error(`${name} has ended`),
      (error) => this.#failure ??= error,
    );
    return {
      pid: child.pid,
      async [Symbol.asyncDispose]() {
        killed = true;
        await child[Symbol.asyncDispose]();
        await ended;
      },
    };
  }
}
