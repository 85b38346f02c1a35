import { TopicMap } from "../../../core/topic_map.ts";
import { DrainPoll } from "../../_session/drain_poll.ts";
import { TOO_MANY_REQUESTS } from "../../_wire/close_codes.ts";
import type { Recipient } from "./recipient.ts";
import { PAGE_BYTES, type ReadPage, type Replay, type ReplayPart } from "./replay.ts";

/** The replays of one spoke, one after the other: a page is read once the spoke has taken the one before. */
export class SpokeReplays {
  readonly #spoke: Recipient;
  readonly #poll: DrainPoll;
  /** In the order in which they were asked for. */
  readonly #queue = new Set<Replay>();
  readonly #byTopic = new TopicMap<Set<Replay>>();
  readonly #byRef = new TopicMap<Set<Replay>>();
  /** Whether a page is awaited, or the next one will be read. */
  #isBusy = false;

  constructor(spoke: Recipient) {
    this.#spoke = spoke;
    this.#poll = new DrainPoll(spoke.session.sender.outbox.window, () => this.#read());
  }

  /** Starts replays. Drops a spoke for which too many wait. */
  add(replays: readonly Replay[]): void {
    for (const replay of replays) {
      this.#queue.add(replay);
      addTo(this.#byTopic, replay.topic, replay);
      addTo(this.#byRef, replay.ref, replay);
    }
    const { maxTopicsPerConnection } = this.#spoke.bounds;
    if (this.#queue.size > maxTopicsPerConnection) {
      const reason = `more than ${maxTopicsPerConnection} replays wait`;
      return this.#spoke.drop(TOO_MANY_REQUESTS, reason, "subscribe");
    }
    // Later: a listener of an upstream may be called for an event that the history has already.
    if (!this.#isBusy) queueMicrotask(() => this.#read());
    this.#isBusy = true;
  }

  /** The spoke is not subscribed to a topic any more. */
  end(topic: string): void {
    for (const replay of this.#byTopic.get(topic) ?? []) this.#delete(replay);
  }

  /** Ends the replays of a request: of some topics, or without topics, all of them. */
  stop(ref: string, topics: readonly string[]): void {
    if (topics.length === 0) { for (const replay of this.#byRef.get(ref) ?? []) this.#delete(replay); }
    for (const topic of topics) {
      for (const replay of this.#byTopic.get(topic) ?? []) if (replay.ref === ref) this.#delete(replay);
    }
  }

  /** Ends all replays. */
  clear(): void {
    for (const replay of this.#queue) this.#delete(replay);
    this.#poll.stop();
  }

  /** Reads as far as the spoke has room. */
  #read(): void {
    this.#isBusy = false;
    for (const replay of this.#queue) {
      while (!replay.isStopped) {
        // Neither a slow spoke nor one that replays for long keeps more in memory.
        if (this.#spoke.session.sender.outbox.exceeds(PAGE_BYTES)) return this.#wait();
        const page = attempt(() => replay.read());
        if (page instanceof Promise) return this.#await(replay, page);
        this.#take(replay, page);
      }
    }
  }

  #wait(): void {
    this.#isBusy = true;
    this.#poll.start();
  }

  #await(replay: Replay, reading: Promise<ReadPage>): void {
    this.#isBusy = true;
    const proceed = (page: ReadPage | Failure): void => {
      this.#take(replay, page);
      this.#read();
    };
    void reading.then(proceed, (error) => proceed(new Failure(error)));
  }

  #take(replay: Replay, page: ReadPage | Failure): void {
    if (!(page instanceof Failure)) return this.#send(replay, replay.take(page));
    this.#spoke.report("subscribe", page.error, replay.topic);
    this.#send(replay, replay.giveUp());
  }

  #send(replay: Replay, { events, whole, end }: ReplayPart): void {
    const spoke = this.#spoke;
    if (replay.isStopped || !spoke.takesEvents) return this.#delete(replay);
    const { ref, topic } = replay;
    const { sender } = spoke.session;
    const { maxFrameBytes } = sender.outbox.queue;
    const count = events.reduce((sum, { bytes }) => bytes > maxFrameBytes ? sum : sum + 1, 0);
    if (count > 0 || !whole) {
      sender.sendControl({ kind: "replay", ref, topic, count, ...(!whole && { whole }) });
    }
    // Those that are larger than the peer accepts are reported.
    for (const event of events) spoke.deliver(event);
    // Found slow meanwhile, it has not got all of them.
    if (!spoke.takesEvents) return this.#delete(replay);
    if (end === undefined) return;
    sender.sendControl({ kind: "replayed", ref, topic, at: end, whole: replay.whole });
    this.#delete(replay);
  }

  #delete(replay: Replay): void {
    replay.isStopped = true;
    this.#queue.delete(replay);
    deleteFrom(this.#byTopic, replay.topic, replay);
    deleteFrom(this.#byRef, replay.ref, replay);
  }
}

/** A page that could not be read. */
class Failure {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

function attempt<T>(read: () => T): T | Failure {
  try {
    return read();
  } catch (error) {
    return new Failure(error);
  }
}

function addTo(map: TopicMap<Set<Replay>>, key: string, replay: Replay): void {
  const replays = map.get(key);
  if (replays === undefined) map.set(key, new Set([replay]));
  else replays.add(replay);
}

function deleteFrom(map: TopicMap<Set<Replay>>, key: string, replay: Replay): void {
  const replays = map.get(key);
  if (replays?.delete(replay) && replays.size === 0) map.delete(key);
}
