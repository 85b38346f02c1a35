import type { ListenerTable } from "../../../core/listener_table.ts";
import type { HistoryFrom, Position } from "../../../core/history_source.ts";
import { splitTopic, type Topic, topicOf } from "../../../core/topic.ts";
import { TopicIndex } from "../../../core/topic_index.ts";
import type { ErrorStage, PubSubEventTarget } from "../../../core/types.ts";
import { PastRequest, Reader, type ReaderSink, type TopicPast } from "./reader.ts";
import type { Recovery } from "./recovery.ts";
import type { RequestSource, ResumingAnnouncer } from "./resuming_announcer.ts";

/** The parts of a link that its past needs. */
export interface PastHost extends Pick<PubSubEventTarget, "listen" | "status" | "tracing"> {
  report(stage: ErrorStage, error: unknown, topic?: string): void;
}

/** The number of replays that ended here and are remembered, since more of them can arrive. */
const MAX_DROPPED = 1000;

/** The readers of a link, by topic, and what they ask of the hub. */
export class ReaderTable implements RequestSource {
  /** Of the connection of this moment. */
  announcer: ResumingAnnouncer | undefined;
  readonly recovery: Recovery;
  readonly #host: PastHost;
  readonly #listeners: ListenerTable;
  readonly #topics = new TopicIndex<TopicPast>();
  readonly #unsent = new Set<PastRequest>();
  readonly #sent = new Map<string, PastRequest>();
  readonly #dropped = new Set<string>();

  constructor(host: PastHost, listeners: ListenerTable, recovery: Recovery) {
    this.#host = host;
    this.#listeners = listeners;
    this.recovery = recovery;
  }

  get isWaiting(): boolean {
    return this.recovery.isWaiting;
  }

  /** Whether there is a listener that no replay serves. */
  get hasOthers(): boolean {
    for (const { entries } of this.#listeners.lists.values()) {
      if (entries.some(({ list, envelopeListener }) => list && !(envelopeListener instanceof Reader))) {
        return true;
      }
    }
    return false;
  }

  /** All readers of the topics that a test holds for. */
  *readersOf(isMeant: (topic: TopicPast) => boolean): Iterable<Reader> {
    for (const topic of [...this.#topics.values()].filter(isMeant)) {
      yield* [...topic.live];
      for (const { readers } of [...topic.requests]) yield* [...readers];
    }
  }

  /** Adds a reader, and returns a function that removes it. */
  add(topic: Topic, from: HistoryFrom, sink: ReaderSink): () => void {
    const reader = new Reader(this.#topicOf(topic), from, sink, () => this.#remove(reader));
    if (from === "now" && reader.topic.live.size > 0) this.#goLive(reader, reader.topic.position);
    else this.#ask(reader);
    const stop = this.#host.listen(topic.type, topic.id, reader);
    this.announcer?.schedule();
    return reader.stop = () => {
      stop();
      this.#remove(reader);
    };
  }

  /** The request of a topic that was sent with a reference. */
  sent(ref: string, topic: string): PastRequest | undefined {
    return this.#sent.get(keyOf(ref, topic));
  }

  /** Whether a replay ended here before the hub knew that. After its end, it is forgotten. */
  isDropped(ref: string, topic: string, isEnd: boolean): boolean {
    const key = keyOf(ref, topic);
    return isEnd ? this.#dropped.delete(key) : this.#dropped.has(key);
  }

  /** Notes the position of a live event, before its listeners hear it. Returns whether only replays bring it to them. */
  note(type: string, id: string, at: Position): boolean {
    const topic = this.#topics.find(type, id);
    if (topic !== undefined) topic.position = at;
    const bare = this.#topics.bare(type);
    if (bare !== undefined) bare.position = at;
    const isAsked = (topic !== undefined && topic.requests.size > 0) ||
      (bare !== undefined && bare.requests.size > 0);
    return isAsked && this.#isReplayed(type, id);
  }

  #isReplayed(type: string, id: string): boolean {
    const { lists } = this.#listeners;
    let isHeard = false;
    for (const list of [lists.find(type, id), lists.bare(type), lists.every]) {
      for (const listener of list?.entries ?? []) {
        if (listener.list === undefined) continue;
        if (!(listener.envelopeListener instanceof Reader && listener.envelopeListener.isReplaying)) {
          return false;
        }
        isHeard = true;
      }
    }
    return isHeard;
  }

  /** The readers of a request are live from now on: at a position, if the topic has a history. */
  end(request: PastRequest, at: Position | undefined): void {
    const { topic, readers } = request;
    this.#forget(request);
    if (topic.live.size === 0) topic.position = at;
    for (const reader of [...readers]) {
      this.#goLive(reader, at);
      reader.becomeReady();
    }
    this.recovery.delete(request);
  }

  /** The hub has refused a topic: nobody joins the readers that it has, but for those of requests that it will answer. */
  refuse(name: string, keepsUnanswered: boolean): void {
    const topic = this.#topics.get(splitTopic(name));
    if (topic === undefined) return;
    topic.live.clear();
    topic.position = undefined;
    if (!keepsUnanswered) { for (const request of topic.requests) request.isAnswered = true; }
  }

  /** Asks again for everything, on a new connection. */
  restart(): void {
    this.#unsent.clear();
    this.#sent.clear();
    this.#dropped.clear();
    for (const topic of this.#topics.values()) {
      for (const isOfLatest of [false, true]) {
        const live = [...topic.live].filter(({ wantsLatest }) => wantsLatest === isOfLatest);
        if (live.length > 0) topic.requests.add(new PastRequest(topic, "now", live));
      }
      topic.live.clear();
      for (const request of topic.requests) {
        request.restart();
        this.#unsent.add(request);
      }
    }
    this.recovery.restart(this.#unsent);
  }

  unsent(topic?: string): Iterable<PastRequest> {
    if (topic === undefined) return this.#unsent;
    const { requests = [] } = this.#topics.get(splitTopic(topic)) ?? {};
    return [...requests].filter(({ ref }) => ref === undefined);
  }

  isAsked(topic: string): boolean {
    const { requests = [] } = this.#topics.get(splitTopic(topic)) ?? {};
    return [...requests].some(({ isAnswered }) => !isAnswered);
  }

  onSent(request: PastRequest, ref: string): void {
    request.ref = ref;
    this.#unsent.delete(request);
    this.#sent.set(keyOf(ref, request.topic.name), request);
  }

  #topicOf({ type, id }: Topic): TopicPast {
    const known = this.#topics.get({ type, id });
    if (known !== undefined) return known;
    const topic = { type, id, name: topicOf(type, id), position: undefined, live: new Set<Reader>() };
    const past: TopicPast = { ...topic, requests: new Set() };
    this.#topics.set(past, past);
    return past;
  }

  /** Asks the hub where a reader begins, and for what comes before it is live. */
  #ask(reader: Reader): void {
    const { topic, from } = reader;
    const wanted = new PastRequest(topic, from, []);
    let request = [...topic.requests].find((known) => known.canTake(wanted));
    if (request === undefined) {
      request = wanted;
      // What was noted while nobody was live may be older than the reader.
      if (request.isLive) topic.position = undefined;
      topic.requests.add(request);
      this.#unsent.add(request);
    }
    request.readers.add(reader);
    reader.request = request;
  }

  #goLive(reader: Reader, at: Position | undefined): void {
    reader.request = undefined;
    reader.topic.live.add(reader);
    reader.begin(at);
    reader.sink.onReplayed(at);
  }

  #remove(reader: Reader): void {
    const { topic, request } = reader;
    topic.live.delete(reader);
    reader.request = undefined;
    if (request?.readers.delete(reader) && request.readers.size === 0) this.#drop(request);
    const isEmpty = topic.live.size === 0 && topic.requests.size === 0;
    // After a refusal, later readers may have begun it anew.
    if (isEmpty && this.#topics.get(topic) === topic) this.#topics.delete(topic);
  }

  /** Nobody waits for a request any more. */
  #drop(request: PastRequest): void {
    const { ref, topic, isLive } = request;
    this.#forget(request);
    if (ref !== undefined && !isLive) {
      this.#dropped.add(keyOf(ref, topic.name));
      const [oldest = ""] = this.#dropped;
      if (this.#dropped.size > MAX_DROPPED) this.#dropped.delete(oldest);
      if (this.#listeners.lists.get(topic) !== undefined) this.announcer?.stopReplay(topic.name, ref);
    }
    this.recovery.delete(request);
  }

  #forget(request: PastRequest): void {
    const { ref, topic } = request;
    topic.requests.delete(request);
    this.#unsent.delete(request);
    if (ref !== undefined) this.#sent.delete(keyOf(ref, topic.name));
  }
}

function keyOf(ref: string, topic: string): string {
  return `${ref} ${topic}`;
}
