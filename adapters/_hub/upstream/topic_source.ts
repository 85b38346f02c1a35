/** Something that needs a topic: a spoke's subscription or request, or the hub's own listeners. */
export interface TopicHolder {
  /** The topic is acknowledged: its events arrive from now on. */
  onAcknowledged(topic: string): void;
  /** The topic was refused or revoked, and is not retained any more. */
  onRefused(topic: string, reason: string): void;
}

/** The source of a hub's topics, which counts their holders. A topic is a full topic, a bare type or `*`. */
export interface TopicSource {
  /** Retains a topic, unless the holder has it already. Returns `true` if the topic is acknowledged at once. */
  retain(topic: string, holder: TopicHolder): boolean;
  /** Releases a topic, if the holder has it. */
  release(topic: string, holder: TopicHolder): void;
}
