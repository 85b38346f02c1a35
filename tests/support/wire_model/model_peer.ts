import { splitTopic, subscriptionFault } from "../../../core/topic.ts";
import { disagreement, imbalances } from "../audit.ts";
import type { PeerKind, PlannedElement } from "./plan.ts";
import { covers, Listener, type Reference } from "./reference.ts";
import type { ConnectionObserver, ModelHub, RawConnection, RawEnvelope } from "./rigs.ts";

/** A request that a peer has sent. */
interface SentRequest {
  readonly topics: ReadonlySet<string>;
  /** The subscriptions that it may bring, once it is at the hub. */
  readonly claims: Map<string, ReturnType<Reference["asked"]>[number]>;
  isAnswered: boolean;
}

/** What the peers of one run share. */
export interface ModelContext {
  readonly reference: Reference;
  /** Whether `authorize` allows a peer a type, or every type. */
  allows(slot: number, type: string | undefined): boolean;
  complain(what: string): void;
  nextNumber(): number;
}

/** The type of the events that only show that everything before them has arrived. */
export const MARK = "mark";

/** One connection that speaks the protocol by hand, and checks all that it is sent. */
export class ModelPeer implements ConnectionObserver {
  readonly listener: Listener;
  readonly slot: number;
  connection: RawConnection | undefined;
  readonly #kind: PeerKind;
  readonly #context: ModelContext;
  readonly #requests = new Map<string, SentRequest>();
  /** The last request for each topic. */
  readonly #latest = new Map<string, SentRequest>();
  /** The topics of which events may come, as far as the hub has said. */
  readonly #open = new Set<string>();
  readonly #pongs = new Map<string, () => void>();
  #refs = 0;
  /** The events that were at the hub, and those that the peer got. */
  #arrived = 0;
  #received = 0;

  constructor(name: string, slot: number, kind: PeerKind, context: ModelContext) {
    this.slot = slot;
    this.#kind = kind;
    this.#context = context;
    this.listener = new Listener(name, false, !kind.hello || kind.echo);
    context.reference.listeners.push(this.listener);
  }

  async connect(hub: ModelHub): Promise<void> {
    this.connection = await hub.connect(this);
    const { hello, batch, echo } = this.#kind;
    if (hello) this.connection.send({ type: "__hello", id: "", payload: { version: 1, batch, echo } });
  }

  /** Sends elements in one frame, or each in one of its own. */
  send(elements: readonly PlannedElement[], apart: boolean): void {
    const sent = elements.map((element) => this.#toEnvelope(element));
    for (const frame of apart ? sent : [sent]) this.connection?.send(frame);
  }

  /** Resolves once the hub has answered everything before. */
  async flush(): Promise<void> {
    const ref = `p${++this.#refs}`;
    await new Promise<void>((resolve) => {
      this.#pongs.set(ref, resolve);
      this.connection?.send({ type: "__ping", id: ref });
    });
  }

  leave(how: "close" | "remove"): Promise<void> | undefined {
    this.listener.isGone = true;
    if (how === "close") return this.connection?.close();
    this.listener.isRemoved = true;
    this.connection?.remove();
    this.#context.reference.revoked(this.listener);
    return undefined;
  }

  /** Returns what the numbers of the hub's end and what crossed the wire do not agree about. */
  audit(): string[] {
    const { name, isGone } = this.listener;
    const stats = this.connection?.spoke.stats();
    if (stats === undefined) return [];
    const faults = imbalances(`the spoke of ${name}`, stats);
    faults.push(...disagreement(`from the hub to ${name}`, stats.published, this.#received, isGone));
    const heard = stats.heard.total;
    if (isGone ? heard > this.#arrived : heard !== this.#arrived) {
      faults.push(`from ${name}, ${this.#arrived} events arrived, and the hub heard ${heard}`);
    }
    return faults;
  }

  onArrival(frame: unknown): void {
    if (this.listener.isGone && this.connection?.spoke.status.state === "closed") return;
    for (const element of [frame].flat()) if (isEnvelope(element)) this.#arrive(element);
  }

  onFrame(frame: unknown): void {
    if (this.listener.isGone) return;
    if (Array.isArray(frame) && !(this.#kind.hello && this.#kind.batch)) this.#complain("is sent an array");
    for (const element of [frame].flat()) {
      if (isEnvelope(element)) this.#receive(element);
      else this.#complain(`is sent ${JSON.stringify(element)}`);
    }
  }

  /** Everything has arrived: the hub, the peer and the reference must agree about the subscriptions. */
  settle(): void {
    const topics = this.connection?.spoke.topics ?? new Set();
    for (const [topic, state] of this.listener.last) {
      if (topics.has(topic) !== (state === "granted")) {
        this.#complain(`is subscribed to ${topic}, which is ${state}`);
      }
      if (state === "unsubscribed") this.#open.delete(topic);
      if (this.#open.has(topic) !== (state === "granted")) {
        this.#complain(`was told ${topic} otherwise: ${state}`);
      }
    }
    for (const topic of topics) {
      if (!this.listener.last.has(topic)) this.#complain(`never asked for ${topic}`);
    }
    for (const [ref, { isAnswered }] of this.#requests) {
      if (!isAnswered) this.#complain(`has no answer to ${ref}`);
    }
  }

  #toEnvelope(element: PlannedElement): unknown {
    switch (element.kind) {
      case "junk":
        return 7;
      case "ping":
        return { type: "__ping", id: "" };
      case "publish": {
        const { type, id = "" } = splitTopic(element.topic);
        return { type, id, payload: this.#context.nextNumber() };
      }
      case "subscribe":
      case "unsubscribe": {
        const { kind, topics } = element;
        const id = `r${++this.#refs}`;
        if (kind === "subscribe") {
          const request: SentRequest = { topics: new Set(topics), claims: new Map(), isAnswered: false };
          this.#requests.set(id, request);
          for (const topic of topics) this.#latest.set(topic, request);
        }
        return { type: `__${kind}`, id, payload: { topics } };
      }
    }
  }

  #arrive({ type, id, payload }: RawEnvelope): void {
    if (!type.startsWith("__")) this.#arrived++;
    const { reference, allows } = this.#context;
    const topics = topicsIn(payload);
    if (type === "__unsubscribe") return reference.unsubscribed(this.listener, topics);
    if (type === "__subscribe") {
      const isAllowed = (topic: string): boolean => {
        const parts = splitTopic(topic);
        return subscriptionFault(parts) === undefined &&
          allows(this.slot, topic === "*" ? undefined : parts.type);
      };
      const asked = [...new Set(topics)];
      const refused = asked.filter((topic) => !isAllowed(topic));
      const claims = reference.asked(this.listener, asked.filter(isAllowed), refused);
      for (const claim of claims) this.#requests.get(id)?.claims.set(claim.topic, claim);
    }
    if (!type.startsWith("__") && allows(this.slot, type)) {
      reference.published(this.listener, Number(payload), `${type}:${id}`);
    }
  }

  #receive(envelope: RawEnvelope): void {
    const { type, id, payload } = envelope;
    if (!type.startsWith("__")) this.#received++;
    switch (type) {
      case "__hello":
        return;
      case "__pong":
        this.#pongs.get(id)?.();
        return;
      case "__subscribed":
        return this.#onAnswer(id, topicsIn(payload), refusedIn(payload));
      case "__revoked":
        for (const topic of refusedIn(payload)) this.#open.delete(topic);
        return;
      case MARK:
        return;
    }
    const topic = `${type}:${id}`;
    const others = Object.keys(envelope).filter((name) => !["type", "id", "payload"].includes(name));
    if (others.length > 0) this.#complain(`is sent an event with ${others}`);
    if (type.startsWith("__")) return this.#complain(`is sent ${type}`);
    const what = this.#context.reference.hears(this.listener, Number(payload), topic);
    if (what !== undefined) this.#complain(`hears ${payload} on ${topic} ${what}`);
    const isOpen = [...this.#open].some((each) => covers(each, topic));
    if (!isOpen) this.#complain(`hears ${payload} on ${topic} without an answer`);
  }

  #onAnswer(ref: string, topics: readonly string[], refused: readonly string[]): void {
    const request = this.#requests.get(ref);
    if (request === undefined || request.isAnswered) return this.#complain(`has a second answer to ${ref}`);
    request.isAnswered = true;
    const named = [...topics, ...refused];
    if (named.length !== request.topics.size || named.some((topic) => !request.topics.has(topic))) {
      this.#complain(`has an answer to ${ref} about ${named}`);
    }
    for (const topic of topics) {
      const claim = request.claims.get(topic);
      if (claim === undefined) this.#complain(`is granted ${topic} although it is denied`);
      else this.#context.reference.answered(claim);
      this.#open.add(topic);
    }
    for (const topic of refused) {
      if (request.claims.get(topic)?.ending === Infinity) {
        this.#complain(`is refused ${topic} without a cause`);
      }
      if (this.#latest.get(topic) === request) this.#open.delete(topic);
    }
  }

  #complain(what: string): void {
    this.#context.complain(`${this.listener.name} ${what}`);
  }
}

function isEnvelope(value: unknown): value is RawEnvelope {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string" &&
    "id" in value && typeof value.id === "string";
}

function topicsIn(payload: unknown): string[] {
  return isObject(payload) && Array.isArray(payload["topics"]) ? payload["topics"].map(String) : [];
}

/** The refused topics of an answer or a revocation. */
function refusedIn(payload: unknown): string[] {
  const refused = isObject(payload) && Array.isArray(payload["refused"]) ? payload["refused"] : [];
  return refused.flatMap(({ topic, also }) => [topic, ...also ?? []]);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
