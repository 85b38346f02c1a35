/** What each peer of a hub must, may and must not hear: the reference that the hub is compared with. */
import { topicsOverlap } from "../../../core/topic.ts";
import { splitTopic } from "../../../core/topic.ts";

/** An event that has reached a hub. */
interface PublishedEvent {
  readonly n: number;
  readonly topic: string;
  readonly by: Listener;
  readonly at: number;
}

/** A subscription of a peer, from the arrival of an allowed request. Times are positions in the log of all that happens. */
interface Claim {
  readonly topic: string;
  readonly asked: number;
  /** When the peer had the answer. */
  granted: number;
  /** When something arrived that ends it. */
  ending: number;
  /** When nothing that is published later can be heard because of it. */
  ended: number;
}

/** A connection of a peer, or the listeners of a hub's program. */
export class Listener {
  readonly claims: Claim[] = [];
  readonly heard: number[] = [];
  /** The last thing that happened to each topic. */
  readonly last = new Map<string, "granted" | "refused" | "unsubscribed">();
  isGone = false;
  /** Whether the program has ended it; otherwise the peer has left. */
  isRemoved = false;

  constructor(readonly name: string, readonly isProgram: boolean, readonly echo: boolean) {}
}

/** How promptly hubs handle what arrives. */
export interface Promptness {
  /** Whether an event reaches its spokes in the turn in which it arrives. */
  readonly events: boolean;
  /** Whether `authorize` decides in the turn in which it is asked. */
  readonly decisions: boolean;
  /** Whether spokes hear each other. */
  readonly hasBus: boolean;
}

export class Reference {
  readonly listeners: Listener[] = [];
  readonly #promptness: Promptness;
  readonly #events = new Map<number, PublishedEvent>();
  #unsettled: PublishedEvent[] = [];
  #now = 0;

  constructor(promptness: Promptness) {
    this.#promptness = promptness;
  }

  /** A request arrived: the topics that it is allowed, and those that it is not. */
  asked(listener: Listener, allowed: readonly string[], refused: readonly string[]): Claim[] {
    const at = ++this.#now;
    // Denied once, a topic is denied to the earlier requests as well.
    this.#end(listener, at, (topic) => refused.includes(topic), this.#promptness.decisions);
    for (const topic of refused) listener.last.set(topic, "refused");
    return allowed.map((topic) => {
      const claim = { topic, asked: at, granted: Infinity, ending: Infinity, ended: Infinity };
      listener.claims.push(claim);
      listener.last.set(topic, "granted");
      return claim;
    });
  }

  unsubscribed(listener: Listener, topics: readonly string[]): void {
    const { events, decisions } = this.#promptness;
    this.#end(listener, ++this.#now, (topic) => topics.includes(topic), events && decisions);
    for (const topic of topics) listener.last.set(topic, "unsubscribed");
  }

  /** The hub's program has ended subscriptions, or the connection. */
  revoked(listener: Listener, topic?: string): void {
    const isRevoked = (each: string): boolean =>
      topic === undefined || topicsOverlap(splitTopic(topic), splitTopic(each));
    this.#end(listener, ++this.#now, isRevoked, true);
    for (const [each, state] of listener.last) {
      if (state === "granted" && isRevoked(each)) listener.last.set(each, "refused");
    }
  }

  /** The peer has an answer. */
  answered(claim: Claim): void {
    claim.granted = ++this.#now;
  }

  published(by: Listener, n: number, topic: string): void {
    const event = { n, topic, by, at: ++this.#now };
    this.#events.set(n, event);
    this.#unsettled.push(event);
  }

  /** Returns what is wrong about an event that a listener has received. */
  hears(listener: Listener, n: number, topic: string): string | undefined {
    const event = this.#events.get(n);
    if (event === undefined || event.topic !== topic) return "which nobody may publish";
    if (!this.#reaches(event, listener)) return "which is not for it";
    if (listener.heard.includes(n)) return "twice";
    const before = listener.heard.findLast((each) => this.#events.get(each)?.by === event.by) ?? -1;
    if (before > n) return `after ${before} of the same publisher`;
    listener.heard.push(n);
    const isClaimed = listener.claims.some((claim) => covers(claim.topic, topic) && claim.ended > event.at);
    return isClaimed ? undefined : "to which it has no right";
  }

  /** Everything has arrived. Returns what is missing. */
  settle(): string[] {
    const { events: areEventsPrompt, decisions } = this.#promptness;
    const at = ++this.#now;
    const missing: string[] = [];
    for (const listener of this.listeners) {
      for (const event of this.#unsettled) {
        if (listener.isGone || !this.#reaches(event, listener) || listener.heard.includes(event.n)) continue;
        // The events of a peer that the program has removed are given up while they wait for a decision.
        if (event.by.isRemoved && !decisions) continue;
        const until = areEventsPrompt && decisions ? event.at : at;
        const isDue = listener.claims.some((claim) =>
          covers(claim.topic, event.topic) && claim.granted < event.at && claim.ending > until
        );
        if (isDue) missing.push(`${listener.name} does not hear ${event.n} on ${event.topic}`);
      }
      for (const claim of listener.claims) if (claim.ending < at) claim.ended = Math.min(claim.ended, at);
    }
    this.#unsettled = [];
    return [...missing, ...this.#disorder()];
  }

  /** All listeners hear the events that they share in the same order. */
  #disorder(): string[] {
    return this.listeners.flatMap((one, at) =>
      this.listeners.slice(at + 1).flatMap((other) => {
        const shared = other.heard.filter((n) => one.heard.includes(n));
        const same = one.heard.filter((n) => shared.includes(n));
        const first = same.findIndex((n, index) => n !== shared[index]);
        return first < 0
          ? []
          : [`${one.name} hears ${same[first]} where ${other.name} hears ${shared[first]}`];
      })
    );
  }

  #reaches({ by }: PublishedEvent, listener: Listener): boolean {
    if (!this.#promptness.hasBus) return by.isProgram !== listener.isProgram;
    return by !== listener || listener.echo;
  }

  #end(listener: Listener, at: number, isEnded: (topic: string) => boolean, isPrompt: boolean): void {
    for (const claim of listener.claims) {
      if (!isEnded(claim.topic)) continue;
      claim.ending = Math.min(claim.ending, at);
      if (isPrompt) claim.ended = Math.min(claim.ended, at);
    }
  }
}

/** Whether a topic, a bare type or `*` covers the topic of an event. */
export function covers(topic: string, event: string): boolean {
  return topic === "*" || topic === event || topic === splitTopic(event).type;
}
