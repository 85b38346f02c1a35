import type { EnvelopeListener } from "../../../core/types.ts";
import type { Sender } from "../../_session/sender.ts";
import type { Since } from "../../_wire/history_controls.ts";
import { type Announcement, Announcer, chunksOf } from "../announcer.ts";
import { type PastRequest, Reader } from "./reader.ts";

/** The parts of the past of a link that a {@linkcode ResumingAnnouncer} needs. */
export interface RequestSource {
  /** The requests that were not sent on this connection, in order: of one topic, or of all. */
  unsent(topic?: string): Iterable<PastRequest>;
  /** A request is sent. */
  onSent(request: PastRequest, ref: string): void;
  /** The request of a topic that was sent with a reference. */
  sent(ref: string, topic: string): PastRequest | undefined;
  /** Whether the hub has yet to answer for a topic. */
  isAsked(topic: string): boolean;
  /** The hub has refused a topic. */
  refuse(topic: string, isAskedAgain: boolean): void;
  /** Whether the hub has yet to acknowledge a topic that is being recovered. */
  readonly isWaiting: boolean;
}

/** Announces topics together with the places where they begin. A topic with several of them is announced for each. */
export class ResumingAnnouncer extends Announcer {
  readonly #source: RequestSource;
  #isScheduled = false;
  #isStopped = false;

  constructor(sender: Pick<Sender, "sendControl">, source: RequestSource) {
    super(sender);
    this.#source = source;
  }

  override get isWaiting(): boolean {
    return super.isWaiting || this.#source.isWaiting;
  }

  override announceAll(topics: Iterable<string>): void {
    super.announceAll(topics);
    this.#sendUnsent(true);
  }

  /** A request for the past has an answer of its own, whatever else was asked of the topic. */
  override takeAnswer(ref: string, topic: string): boolean {
    return super.takeAnswer(ref, topic) || this.#source.sent(ref, topic) !== undefined;
  }

  /** A refusal ends all subscriptions of its topic: a hub that grants the last request for it must not keep that. */
  override takeRefusal(ref: string, topic: string): boolean {
    if (super.takeAnswer(ref, topic)) return true;
    const counts = this.takeAnswer(ref, topic);
    if (counts) this.announce("unsubscribe", topic);
    return counts;
  }

  override isRequested(topic: string): boolean {
    return super.isRequested(topic) || this.#source.isAsked(topic);
  }

  override refuse(topic: string, isAskedAgain: boolean): (listener: EnvelopeListener) => boolean {
    this.#source.refuse(topic, isAskedAgain);
    return (listener) => listener instanceof Reader && listener.request?.isAnswered === false;
  }

  override flush(): void {
    super.flush();
    if (this.#isScheduled) this.#sendUnsent();
  }

  /** Sends requests that were added, unless they leave with their topics: in a microtask, or with the next flush. */
  schedule(): void {
    if (!this.started || this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => this.flush());
  }

  /** Sends nothing more: the connection is lost, and another announcer has the requests. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Stops a replay of a topic that stays subscribed. */
  stopReplay(topic: string, replay: string): void {
    this.sender.sendControl({ kind: "unsubscribe", ref: String(++this.lastRef), topics: [topic], replay });
  }

  protected override send(announcement: Announcement, first?: boolean): void {
    const { kind, ref, topics } = announcement;
    if (this.#isStopped) return;
    if (kind === "unsubscribe") return super.send(announcement, first);
    const since = topics.map((topic) => this.#take(topic, ref));
    const isAsking = since.some((one) => one !== null);
    this.sender.sendControl({ kind, ref, topics, ...(isAsking && { since }) }, first);
  }

  protected override sizeOf(topic: string): number {
    const [request] = this.#source.unsent(topic);
    return super.sizeOf(topic) + sizeOf(request?.since ?? null);
  }

  #take(topic: string, ref: string): Since {
    const [request] = this.#source.unsent(topic);
    if (request === undefined) return null;
    this.#source.onSent(request, ref);
    return request.since;
  }

  /** Sends the requests that did not leave with their topics. One control names a topic once. */
  #sendUnsent(first?: boolean): void {
    this.#isScheduled = false;
    let unsent = this.#isStopped ? [] : [...this.#source.unsent()];
    while (unsent.length > 0) {
      const names = new Set<string>();
      const [now, later]: [PastRequest[], PastRequest[]] = [[], []];
      for (const request of unsent) {
        const { size } = names.add(request.topic.name);
        (size > now.length ? now : later).push(request);
      }
      for (const chunk of chunksOf(now, ({ topic, since }) => super.sizeOf(topic.name) + sizeOf(since))) {
        const ref = String(++this.lastRef);
        for (const request of chunk) {
          this.onRequest(request.topic.name, ref);
          this.#source.onSent(request, ref);
        }
        const topics = chunk.map(({ topic }) => topic.name);
        this.sender.sendControl(
          { kind: "subscribe", ref, topics, since: chunk.map(({ since }) => since) },
          first,
        );
      }
      unsent = later;
    }
  }
}

function sizeOf(since: Since): number {
  return JSON.stringify(since).length + 1;
}
