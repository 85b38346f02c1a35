import { Queue } from "../../../core/queue.ts";
import { DrainPoll } from "../../_session/drain_poll.ts";
import { TOO_MANY_REQUESTS } from "../../_wire/close_codes.ts";
import type { Recipient } from "./recipient.ts";
import { ReplayIndex } from "./replay_index.ts";
import { giveUpTurn, waitForTurn } from "./replay_turns.ts";
import { PAGE_BYTES, type ReadPage, type Replay, type ReplayPart } from "./replay.ts";

/** So many events have frames without anything of this spoke alone, which all spokes share that are sent the same page. */
const MIN_ALONE = 64;

/** The replays of one spoke, one after the other: a page is read once the spoke has taken the one before. */
export class SpokeReplays {
  readonly #spoke: Recipient;
  readonly #poll: DrainPoll;
  readonly #queue = new Queue<Replay>();
  /** The replays in the queue that were not stopped. */
  #waiting = 0;
  /** Made when a replay is first ended by its topic or its ref, until nothing waits. */
  #index: ReplayIndex | undefined;
  /** Whether a page is awaited, or the next one will be read. */
  #isBusy = false;

  constructor(spoke: Recipient) {
    this.#spoke = spoke;
    this.#poll = new DrainPoll(spoke.session.sender.outbox.window, () => waitForTurn(this.#read));
  }

  /** Starts replays. Drops a spoke for which too many wait. */
  add(replays: readonly Replay[]): void {
    for (const replay of replays) {
      this.#queue.push(replay);
      this.#index?.add(replay);
    }
    this.#waiting += replays.length;
    const { maxTopicsPerConnection } = this.#spoke.bounds;
    if (this.#queue.size - this.#waiting > maxTopicsPerConnection) this.#removeStopped();
    if (this.#waiting > maxTopicsPerConnection) {
      const reason = `more than ${maxTopicsPerConnection} replays wait`;
      return this.#spoke.drop(TOO_MANY_REQUESTS, reason, "subscribe");
    }
    // Later: a listener of an upstream may be called for an event that the history has already.
    if (!this.#isBusy) waitForTurn(this.#read);
    this.#isBusy = true;
  }

  /** The spoke is not subscribed to a topic any more. */
  end(topic: string): void {
    this.#waiting -= this.#indexed()?.end(topic) ?? 0;
  }

  /** Ends the replays of a request: of some topics, or without topics, all of them. */
  stop(ref: string, topics: readonly string[]): void {
    this.#waiting -= this.#indexed()?.stop(ref, topics) ?? 0;
  }

  /** Ends all replays. */
  clear(): void {
    for (let replay = this.#queue.shift(); replay !== undefined; replay = this.#queue.shift()) {
      replay.isStopped = true;
    }
    this.#waiting = 0;
    this.#poll.stop();
    giveUpTurn(this.#read);
  }

  /** Frees the memory of replays that were stopped, once there are as many as can wait. */
  #removeStopped(): void {
    const waiting = [...this.#replays()].filter(({ isStopped }) => !isStopped);
    this.#queue.clear();
    for (const replay of waiting) this.#queue.push(replay);
    this.#index = undefined;
  }

  /** All replays, in order: each goes to the end of the queue, once. */
  *#replays(): Generator<Replay> {
    for (let left = this.#queue.size; left > 0; left--) {
      const replay = this.#queue.shift();
      if (replay === undefined) return;
      this.#queue.push(replay);
      yield replay;
    }
  }

  #indexed(): ReplayIndex | undefined {
    return this.#queue.size === 0 ? undefined : this.#index ??= new ReplayIndex(this.#replays());
  }

  /** Reads as far as the spoke has room. */
  readonly #read = (): void => {
    this.#isBusy = false;
    for (let replay = this.#queue.peek(); replay !== undefined; replay = this.#queue.peek()) {
      while (!replay.isStopped) {
        if (!this.#spoke.takesEvents) return this.clear();
        // Neither a slow spoke nor one that replays for long keeps more in memory.
        if (this.#spoke.session.sender.outbox.exceeds(PAGE_BYTES)) return this.#wait();
        const page = attempt(replay);
        if (page instanceof Promise) return this.#await(replay, page);
        this.#take(replay, page);
      }
      this.#queue.shift();
    }
    this.#index = undefined;
  };

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
    this.#send(replay, replay.giveUp());
    this.#spoke.report("subscribe", page.error, replay.topic);
  }

  #send(replay: Replay, { events, whole, end }: ReplayPart): void {
    const spoke = this.#spoke;
    if (replay.isStopped || !spoke.takesEvents) return;
    const { ref, topic } = replay;
    const { sender } = spoke.session;
    const { maxFrameBytes } = sender.outbox.queue;
    const accepted = events.filter(({ bytes }) => bytes <= maxFrameBytes);
    const { length: count } = accepted;
    // An event that is too large for the peer is missing there.
    const isWhole = whole && count === events.length;
    if (!isWhole) replay.whole = false;
    if (count > 0 || !isWhole) {
      sender.sendControl({ kind: "replay", ref, topic, count, ...(!isWhole && { whole: false }) });
    }
    const isAlone = count >= MIN_ALONE;
    if (isAlone) sender.outbox.flush();
    for (const event of accepted) spoke.deliver(event);
    if (isAlone) sender.outbox.flush();
    // Found slow meanwhile, it has not got all of them.
    if (end !== undefined && spoke.takesEvents) {
      sender.sendControl({ kind: "replayed", ref, topic, at: end, whole: replay.whole });
      spoke.traffic.add(replay.whole ? "replaysWhole" : "replaysLost");
      replay.isStopped = true;
      this.#waiting--;
    }
    if (count === events.length) return;
    // Only reported. Last: the program may publish an event then, which must not come between these.
    for (const event of events) if (event.bytes > maxFrameBytes) spoke.deliver(event);
  }
}

/** A page that could not be read. */
class Failure {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

function attempt(replay: Replay): ReadPage | Promise<ReadPage> | Failure {
  try {
    return replay.read();
  } catch (error) {
    return new Failure(error);
  }
}
