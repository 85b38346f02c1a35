/** A hub in its plainest form, for the link's side of a history: each frame is delivered when a test says so. */
import { createMemoryHistory } from "@alkdev/pubsub/history";
import type { HistoryBounds, HistoryCursor, HistoryFrom, MemoryHistory, Topic } from "@alkdev/pubsub/history";
import type { EventEnvelope } from "@alkdev/pubsub";
import { splitTopic, topicsOverlap } from "../../core/topic.ts";
import { readSince } from "../../adapters/_wire/history_controls.ts";
import type { KeepingHistory } from "../../core/history_of.ts";
import type { FakeWire, SentEnvelope } from "./fake_wire.ts";

/** A replay that the hub has begun. */
interface Replay {
  readonly ref: string;
  readonly name: string;
  readonly topic: Topic;
  next: HistoryFrom | HistoryCursor;
  whole: boolean;
}

/** The hub's end of one connection. */
export class HubConnection {
  readonly wire: FakeWire;
  readonly #hub: ResumingHub;
  readonly #topics = new Map<string, Topic>();
  readonly replays: Replay[] = [];
  /** What has not arrived at the link yet. */
  readonly down: string[] = [];
  #read = 0;

  constructor(hub: ResumingHub, wire: FakeWire) {
    this.#hub = hub;
    this.wire = wire;
  }

  get topics(): string[] {
    return [...this.#topics.keys()];
  }

  /** Handles what the link has sent, at most so many envelopes. */
  readUp(count = Infinity): number {
    const envelopes = this.wire.envelopes.slice(this.#read, this.#read + count);
    this.#read += envelopes.length;
    for (const envelope of envelopes) this.#handle(envelope);
    return envelopes.length;
  }

  /** Delivers frames to the link. */
  deliver(count = Infinity): number {
    const frames = this.down.splice(0, Math.min(count, this.down.length));
    for (const frame of frames) this.wire.receive(frame);
    return frames.length;
  }

  send(...envelopes: SentEnvelope[]): void {
    this.down.push(JSON.stringify(envelopes.length === 1 ? envelopes[0] : envelopes));
  }

  /** A live event, which is in the log already. */
  onEvent(event: EventEnvelope): void {
    const { type, id, payload } = event;
    for (const topic of this.#topics.values()) {
      if (topicsOverlap(topic, event)) return this.send(this.#hub.isOld ? { type, id, payload } : event);
    }
  }

  /** Sends a page of a replay, and its end if nothing is left. */
  page(index: number, maxEvents: number): void {
    const replay = this.replays[index % this.replays.length];
    if (replay === undefined) return;
    const { ref, name: topic, topic: { type, id } } = replay;
    const page = this.#hub.history.read({ type, id }, replay.next, { maxEvents, maxBytes: 1e6 });
    replay.next = page.next;
    if (!page.whole) replay.whole = false;
    const { length: count } = page.events;
    const envelopes: SentEnvelope[] = [];
    if (count > 0 || !page.whole) {
      const payload = { topic, count, ...(!page.whole && { whole: false }) };
      envelopes.push({ type: "__replay", id: ref, payload }, ...page.events);
    }
    if (page.done) {
      this.replays.splice(this.replays.indexOf(replay), 1);
      envelopes.push({ type: "__replayed", id: ref, payload: { topic, at: page.at, whole: replay.whole } });
    }
    if (this.#hub.splitsFrames) { for (const envelope of envelopes) this.send(envelope); }
    else if (envelopes.length > 0) this.send(...envelopes);
  }

  #handle({ type, id: ref, payload }: SentEnvelope): void {
    const { topics = [], since, replay } = (payload ?? {}) as {
      topics?: string[];
      since?: unknown;
      replay?: string;
    };
    switch (type) {
      case "__hello":
        this.send({ type: "__hello", id: "", payload: { version: 1, batch: true, history: true } });
        break;
      case "__ping":
        this.send({ type: "__pong", id: ref });
        break;
      case "__subscribe": {
        const begun: Replay[] = [];
        const asked = since === undefined ? topics.map(() => null) : readSince(since, topics.length);
        const history = asked.map((from, i) => {
          const name = topics[i] ?? "";
          const topic = splitTopic(name);
          this.#topics.set(name, topic);
          if (!this.#hub.history.declares(topic.type)) return null;
          const start = from === null ? "now" : typeof from === "object" ? from.from : from;
          const page = this.#hub.history.read(topic, start, { maxEvents: 0, maxBytes: 0 });
          if (from !== null && start !== "now") {
            begun.push({ ref, name, topic, next: page.next, whole: page.whole });
          }
          return { at: page.from, whole: page.whole };
        });
        const known = since === undefined && this.#hub.omitsHistory ? {} : { history };
        this.send({
          type: "__subscribed",
          id: ref,
          payload: { topics, refused: [], ...(this.#hub.isOld ? {} : known) },
        });
        if (!this.#hub.isOld) this.replays.push(...begun);
        break;
      }
      case "__unsubscribe":
        for (let i = this.replays.length - 1; i >= 0; i--) {
          const { ref, name } = this.replays[i] ?? {};
          if ((replay === undefined || replay === ref) && topics.includes(name ?? "")) {
            this.replays.splice(i, 1);
          }
        }
        for (const topic of topics) if (replay === undefined) this.#topics.delete(topic);
    }
  }
}

/** Keeps what is published, and has at most one connection. */
export class ResumingHub {
  history: MemoryHistory<EventEnvelope>;
  connection: HubConnection | undefined;
  /** Whether each envelope has a frame of its own. */
  splitsFrames = false;
  /** Whether the hub knows no history. */
  isOld = false;
  /** Whether topics are left out of an answer that did not ask for them. */
  omitsHistory = true;
  readonly #types: Readonly<Record<string, HistoryBounds>>;
  #publish: (envelope: EventEnvelope) => void = () => {};

  constructor(types: Readonly<Record<string, HistoryBounds>>) {
    this.#types = types;
    this.history = this.#createHistory();
  }

  publish(envelope: EventEnvelope): void {
    this.#publish(envelope);
  }

  /** The hub's process has ended, and another one begins. */
  restart(): void {
    this.history = this.#createHistory();
  }

  connect(wire: FakeWire): HubConnection {
    return this.connection = new HubConnection(this, wire);
  }

  #createHistory(): MemoryHistory<EventEnvelope> {
    // Cast: createMemoryHistory() makes all of them.
    const history = createMemoryHistory(this.#types) as KeepingHistory;
    const target = history.createEventTarget({});
    target.listen("*", undefined, { onEvent: (event) => this.connection?.onEvent(event) });
    this.#publish = (envelope) => target.publish(envelope);
    return history;
  }
}
