import type { NamedTopic } from "../named_topic.ts";

/** Something that needs a topic: a spoke's subscription or request, or the hub's own listeners. */
export interface TopicHolder {
  /** The topic is acknowledged: its events arrive from now on. */
  onAcknowledged(topic: NamedTopic): void;
  /** The topic was refused or revoked, and is not retained any more. */
  onRefused(topic: string, reason: string): void;
}

/** The holders of one topic, in order. Most topics have one, and a `Set` of one takes three times the memory. */
export class Holders {
  #first: TopicHolder | undefined;
  /** Made for the second holder. */
  #others: Set<TopicHolder> | undefined;

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  /** The holders of this moment. */
  get list(): TopicHolder[] {
    return this.#first === undefined ? [] : [this.#first, ...this.#others ?? []];
  }

  acknowledge(topic: NamedTopic): void {
    if (this.#others === undefined) this.#first?.onAcknowledged(topic);
    else for (const holder of this.list) holder.onAcknowledged(topic);
  }

  add(holder: TopicHolder): void {
    if (this.#first === undefined) this.#first = holder;
    else if (this.#first !== holder) (this.#others ??= new Set()).add(holder);
  }

  /** Removes a holder. Returns whether it was one. */
  delete(holder: TopicHolder): boolean {
    if (this.#first !== holder) return this.#others?.delete(holder) ?? false;
    const [next] = this.#others ?? [];
    this.#first = next;
    if (next !== undefined) this.#others?.delete(next);
    return true;
  }

  /** Puts a holder, which may be one already, in place of another. */
  replace(holder: TopicHolder, by: TopicHolder): void {
    if (this.#first === holder && this.#others === undefined) this.#first = by;
    else if (this.delete(holder)) this.add(by);
  }
}
