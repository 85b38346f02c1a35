import { TopicMap } from "../../../core/topic_map.ts";
import type { Replay } from "./replay.ts";

/** The replays of one spoke, by topic and by ref. Each is stopped once, so that no control costs more than it ends. */
export class ReplayIndex {
  readonly #byTopic = new TopicMap<TopicMap<Replay[]>>();
  readonly #byRef = new TopicMap<Replay[]>();

  constructor(replays: Iterable<Replay>) {
    for (const replay of replays) this.add(replay);
  }

  add(replay: Replay): void {
    const { topic, ref } = replay;
    const refs = this.#byTopic.get(topic) ?? new TopicMap<Replay[]>();
    this.#byTopic.set(topic, refs);
    addTo(refs, ref, replay);
    addTo(this.#byRef, ref, replay);
  }

  /** Stops the replays of a topic. Returns how many it has stopped. */
  end(topic: string): number {
    let stopped = 0;
    for (const [, replays] of this.#byTopic.get(topic) ?? []) stopped += stop(replays);
    this.#byTopic.delete(topic);
    return stopped;
  }

  /** Stops the replays of a ref: of some topics, or without topics, all of them. Returns how many it has stopped. */
  stop(ref: string, topics: readonly string[]): number {
    let stopped = 0;
    if (topics.length === 0) {
      stopped += stop(this.#byRef.get(ref));
      this.#byRef.delete(ref);
    }
    for (const topic of topics) {
      const refs = this.#byTopic.get(topic);
      stopped += stop(refs?.get(ref));
      refs?.delete(ref);
    }
    return stopped;
  }
}

function stop(replays: readonly Replay[] = []): number {
  let stopped = 0;
  for (const replay of replays) {
    if (!replay.isStopped) stopped++;
    replay.isStopped = true;
  }
  return stopped;
}

function addTo(map: TopicMap<Replay[]>, key: string, replay: Replay): void {
  const replays = map.get(key);
  if (replays === undefined) map.set(key, [replay]);
  else replays.push(replay);
}
