import type { AuthorizeRequest, PubSubEventTarget } from "@alkdev/pubsub";
import * as fc from "fast-check";
import { randomFrom } from "../../../scripts/lib/random.ts";
import { splitTopic } from "../../../core/topic.ts";
import { disagreement, imbalances } from "../audit.ts";
import { eventually } from "../eventually.ts";
import { openServer, type SharedRedis } from "../redis.ts";
import { MARK, type ModelContext, ModelPeer } from "./model_peer.ts";
import { type Plan, plans, type Step } from "./plan.ts";
import { Listener, Reference } from "./reference.ts";
import { type OpenRig, type Rig, type RigOptions, RIGS } from "./rigs.ts";

/** The number of runs of each rig. */
interface RunCounts {
  readonly inMemory: number;
  /** With Redis, sockets or ports. */
  readonly onWires: number;
}

/** Tests each rig with random plans. If one fails, it prints its seed and the shortest plan that fails. */
export function testWireModel({ inMemory, onWires }: RunCounts): void {
  for (const [name, rig] of Object.entries(RIGS)) {
    Deno.test({
      name: `each peer hears what it must, once, in order and after the answer: ${name}`,
      timeout: 1_200_000,
      async fn() {
        await using redis = await openServer();
        const seed = Number(Deno.env.get("SEED") ?? Math.floor(Math.random() * 2 ** 31));
        const numRuns = name.includes("without a network") ? inMemory : onWires;
        console.log(`SEED=${seed} repeats these ${numRuns} runs`);
        const property = fc.asyncProperty(plans(30), async (plan) => {
          const faults = await new Run(plan).play(rig, redis);
          if (faults.length > 0) throw new Error(faults.slice(0, 5).join("\n"));
        });
        await fc.assert(property, { seed, numRuns });
      },
    });
  }
}

/** One run of a plan. */
class Run implements ModelContext {
  readonly faults: string[] = [];
  readonly #plan: Plan;
  readonly #random: () => number;
  readonly #peers: (ModelPeer | undefined)[] = [];
  readonly #gone: (Promise<void> | undefined)[] = [];
  readonly #left: ModelPeer[] = [];
  readonly #slots = new Map<unknown, number>();
  readonly #denied: ReadonlySet<string>[] = [];
  readonly #programs: Listener[] = [];
  #reference: Reference | undefined;
  #decisions = 0;
  #numbers = 0;
  #marks = 0;
  #heardMarks = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#random = randomFrom(plan.seed);
  }

  get reference(): Reference {
    if (this.#reference === undefined) throw new Error("The run has not begun");
    return this.#reference;
  }

  readonly allows = (slot: number, type: string | undefined): boolean => {
    const denied = this.#denied[slot] ?? new Set();
    if (this.#plan.authorize === "absent") return true;
    return type === undefined ? denied.size === 0 : !denied.has(type);
  };

  complain(what: string): void {
    this.faults.push(what);
  }

  nextNumber(): number {
    return ++this.#numbers;
  }

  async play(open: OpenRig, redis: SharedRedis): Promise<string[]> {
    const { authorize, peers, steps } = this.#plan;
    const options: RigOptions = {
      onError() {},
      ...(authorize !== "absent" && { authorize: this.#authorize }),
    };
    await using rig = await open(options, redis);
    const { isPrompt, hasBus } = rig;
    this.#reference = new Reference({ events: isPrompt, decisions: authorize !== "mixed", hasBus });
    this.#listen(rig);
    await this.#mark(rig);
    for (const [slot, kind] of peers.entries()) await this.#join(rig, slot, kind);
    for (const step of steps) await this.#take(rig, step);
    await this.#settle(rig);
    await Promise.all([
      ...this.#gone,
      ...[...this.#left, ...this.#peers].map((peer) => peer?.leave("close")),
    ]);
    return this.faults;
  }

  readonly #authorize = ({ spoke, type }: AuthorizeRequest): boolean | Promise<boolean> => {
    const slot = this.#slots.get(spoke);
    // A hub that is a spoke of another one may do everything.
    const allowed = slot === undefined || this.allows(slot, type);
    const isLate = this.#plan.authorize === "mixed" && this.#random() < 0.5;
    if (!isLate) {
      if (!allowed && this.#random() < 0.2) throw new Error("denied");
      return allowed;
    }
    this.#decisions++;
    const turns = Math.floor(this.#random() * 4);
    const fails = !allowed && this.#random() < 0.5;
    return this.#pause(turns).then(() => {
      this.#decisions--;
      if (fails) throw new Error("denied");
      return allowed;
    });
  };

  #listen({ hubs }: Rig): void {
    const { programTopic } = this.#plan;
    for (const [at, { hub }] of hubs.entries()) {
      hub.listen(MARK, undefined, { onEvent: () => void this.#heardMarks++ });
      const program = new Listener(`the program of hub ${at}`, true, true);
      this.#programs.push(program);
      this.reference.listeners.push(program);
      if (programTopic === undefined) continue;
      for (const claim of this.reference.asked(program, [programTopic], [])) this.reference.answered(claim);
      const { type, id } = splitTopic(programTopic);
      hub.listen(type, id, {
        onEvent: (event) => {
          if (event.type === MARK) return;
          const what = this.reference.hears(program, Number(event.payload), `${event.type}:${event.id}`);
          if (what !== undefined) this.complain(`${program.name} hears ${event.payload} ${what}`);
        },
      });
    }
  }

  async #join({ hubs }: Rig, slot: number, kind: Plan["peers"][number]): Promise<void> {
    const hub = hubs[slot % hubs.length];
    if (this.#peers[slot] !== undefined || hub === undefined) return;
    const peer = new ModelPeer(`peer ${slot}.${this.#left.length}`, slot, kind, this);
    this.#denied[slot] = new Set();
    await peer.connect(hub);
    this.#slots.set(peer.connection?.spoke, slot);
    this.#peers[slot] = peer;
  }

  async #take(rig: Rig, step: Step): Promise<void> {
    const peer = "slot" in step ? this.#peers[step.slot] : undefined;
    const hubOf = ({ slot }: ModelPeer) => rig.hubs[slot % rig.hubs.length]?.hub;
    switch (step.kind) {
      case "send":
        return peer?.send(step.elements, step.apart);
      case "program":
        return this.#publish(rig, step);
      case "revoke": {
        if (peer?.connection === undefined) return;
        this.reference.revoked(peer.listener, step.topic);
        return hubOf(peer)?.revoke((spoke) => spoke === peer.connection?.spoke, step.topic);
      }
      case "ban": {
        if (peer?.connection === undefined) return;
        this.#denied[step.slot] = new Set([...this.#denied[step.slot] ?? [], step.type]);
        if (!step.revokes) return;
        this.reference.revoked(peer.listener, step.type);
        return hubOf(peer)?.revoke((spoke) => spoke === peer.connection?.spoke, step.type);
      }
      case "permit":
        this.#denied[step.slot] = new Set();
        return;
      case "leave": {
        if (peer === undefined) return;
        this.#peers[step.slot] = undefined;
        this.#left.push(peer);
        this.#gone.push(peer.leave(step.how));
        return;
      }
      case "join":
        return await this.#join(rig, step.slot, step.peer);
      case "pause":
        return await this.#pause(step.turns);
      case "settle":
        return await this.#settle(rig);
    }
  }

  #publish({ hubs }: Rig, { hub: at, topics }: Extract<Step, { kind: "program" }>): void {
    const hub = hubs[at % hubs.length]?.hub;
    const program = this.#programs[at % hubs.length];
    if (hub === undefined || program === undefined) return;
    for (const topic of topics) {
      const { type, id = "" } = splitTopic(topic);
      const n = this.nextNumber();
      this.reference.published(program, n, topic);
      hub.publish({ type, id, payload: n });
    }
  }

  /** Waits until everything has arrived, and compares. */
  async #settle(rig: Rig): Promise<void> {
    const peers = this.#peers.filter((peer) => peer !== undefined);
    // What they have sent before is at their hubs, and ahead of the marks.
    await Promise.all(this.#gone);
    await within(Promise.all(peers.map((peer) => peer.flush())), "a peer has no answer to its ping");
    await eventually(() => this.#decisions === 0);
    await this.#mark(rig);
    await within(Promise.all(peers.map((peer) => peer.flush())), "a peer has no answer to its ping");
    for (const missing of this.reference.settle()) this.complain(missing);
    for (const peer of peers) peer.settle();
    for (const fault of this.#audit(rig)) this.complain(fault);
  }

  /** Compares the numbers of all ends, each in itself and with those of the other ends. */
  #audit({ hubs, upstreams = [] }: Rig): string[] {
    const peers = [...this.#left, ...this.#peers].filter((peer) => peer !== undefined);
    const faults = peers.flatMap((peer) => peer.audit());
    const givenTo = new Map<PubSubEventTarget, number>();
    for (const [at, { hub }] of hubs.entries()) {
      const stats = hub.stats();
      faults.push(...imbalances(`hub ${at}`, stats));
      const spokes = peers.filter(({ slot }) => slot % hubs.length === at)
        .flatMap(({ connection }) => connection?.spoke.stats() ?? []);
      // A hub that is a spoke of this one is none of the peers.
      if (upstreams.length <= 1 || upstreams[0] === upstreams[1] || at > 0) {
        const sent = spokes.reduce((sum, { published }) => sum + published.handedOver, 0);
        faults.push(...disagreement(`hub ${at} and its spokes`, stats.subscribers, sent, false));
        const heard = spokes.reduce((sum, { heard }) => sum + heard.total - (heard.waiting ?? 0), 0);
        if (heard !== stats.heard.total) {
          faults.push(`hub ${at} heard ${stats.heard.total} events, and its spokes ${heard}`);
        }
      }
      const upstream = upstreams[at];
      if (upstream === undefined) continue;
      const given = stats.published.handedOver + stats.heard.delivered;
      givenTo.set(upstream, (givenTo.get(upstream) ?? 0) + given);
    }
    for (const [upstream, given] of givenTo) {
      const stats = upstream.stats();
      faults.push(...imbalances("the upstream", stats));
      const chained = upstreams[0] === upstream && upstreams.length === 2 && upstreams[1] !== upstream;
      if (!chained && stats.published.total !== given) {
        faults.push(`the upstream was given ${given} events, of which it counts ${stats.published.total}`);
      }
    }
    return faults;
  }

  /** Resolves when what was published before has reached each hub. */
  async #mark({ hubs, hasBus, isPrompt }: Rig): Promise<void> {
    if (!hasBus || isPrompt) return;
    // The first one may come before the bus has acknowledged the listeners.
    if (this.#marks === 0) { for (const { hub } of hubs) await hub.flush(); }
    this.#marks += hubs.length ** 2;
    for (const { hub } of hubs) hub.publish({ type: MARK, id: "", payload: undefined });
    await eventually(() => this.#heardMarks >= this.#marks);
  }

  /** Lets so many turns of the event loop pass. */
  async #pause(turns: number): Promise<void> {
    await Promise.resolve();
    for (let i = 0; i < turns; i++) await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

async function within(work: Promise<unknown>, what: string): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((_, reject) => timer = setTimeout(() => reject(new Error(what)), 5000));
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
