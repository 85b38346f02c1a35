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

  /** Stops the replays of a topic. */
  end(topic: string): void {
    for (const [, replays] of this.#byTopic.get(topic) ?? []) stop(replays);
    this.#byTopic.delete(topic);
  }

  /** Stops the replays of a ref: of some topics, or without topics, all of them. */
  stop(ref: string, topics: readonly string[]): void {
    if (topics.length === 0) {
      stop(this.#byRef.get(ref));
      this.#byRef.delete(ref);
    }
    for (const topic of topics) {
      const refs = this.#byTopic.get(topic);
      stop(refs?.get(ref));
      refs?.delete(ref);
    }
  }
}

function stop(replays: readonly Replay[] | undefined): void {
  for (const replay of replays ?? []) replay.isStopped = true;
}

function addTo(map: TopicMap<Replay[]>, key: string, replay: Replay): void {
  const replays = map.get(key);
  if (replays === undefined) map.set(key, [replay]);
  else replays.push(replay);
}
