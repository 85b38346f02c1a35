/** The rights of a token: lists of patterns, the claim `pubsub`. */
export interface Rights {
  readonly subscribe: readonly Pattern[];
  readonly publish: readonly Pattern[];
  readonly history: readonly Pattern[];
  /** Whether it may read the numbers of the hub. */
  readonly metrics: boolean;
}

/** A topic as the hub asks for it: without an id for a bare type, without a type for `*`. */
export interface AskedTopic {
  readonly type: string | undefined;
  readonly id: string | undefined;
}

/** Whether a topic is covered. */
export type Pattern = (topic: AskedTopic) => boolean;

const SUBJECT = "{sub}";

/** The subject, and somewhere after it a character that no escaped subject has. */
const SEPARATOR = /^\{sub\}.*[^\w\-.!~*'()%]/s;

/** The rights of a token without the claim. */
const NOTHING: readonly Pattern[] = [];

/**
 * Reads the claim `pubsub`. What is not a list allows nothing, and neither does what is not a pattern.
 *
 * @param claim The claim.
 * @param subject The subject of the token, for `{sub}`.
 */
export function readRights(claim: unknown, subject: string | undefined): Rights {
  const lists: Partial<Record<string, unknown>> = typeof claim === "object" && claim !== null
    ? { ...claim }
    : {};
  const read = (name: string): readonly Pattern[] => {
    const list = lists[name];
    return Array.isArray(list) ? list.map((item: unknown) => readPattern(item, subject)) : NOTHING;
  };
  return {
    subscribe: read("subscribe"),
    publish: read("publish"),
    history: read("history"),
    metrics: lists["metrics"] === true,
  };
}

/** Whether one of the patterns covers a topic. */
export function covers(patterns: readonly Pattern[], topic: AskedTopic): boolean {
  return patterns.some((pattern) => pattern(topic));
}

/**
 * Reads a pattern: `type:id`, `type` with every id, `*`, or `type:prefix*`. It is split before the subject is put in, and
 * the subject is escaped, so that no subject changes the shape of a pattern.
 */
function readPattern(pattern: unknown, subject: string | undefined): Pattern {
  if (typeof pattern !== "string") return nothing;
  if (pattern === "*") return () => true;
  const at = pattern.indexOf(":");
  const type = putSubject(at < 0 ? pattern : pattern.slice(0, at), subject);
  if (type === undefined || type === "" || type.includes("*")) return nothing;
  if (at < 0) return (topic) => topic.type === type;
  const rest = pattern.slice(at + 1);
  const isPrefix = rest.endsWith("*");
  // `inbox:{sub}*` would give `ad` what belongs to `ada`, and `inbox:{sub}-*` what belongs to `ad-min`.
  if (isPrefix && rest.includes(SUBJECT) && !SEPARATOR.test(rest.slice(rest.lastIndexOf(SUBJECT), -1))) {
    return nothing;
  }
  const id = putSubject(isPrefix ? rest.slice(0, -1) : rest, subject);
  if (id === undefined) return nothing;
  return isPrefix
    ? (topic) => topic.type === type && topic.id?.startsWith(id) === true
    : (topic) => topic.type === type && topic.id === id;
}

const nothing: Pattern = () => false;

/** Returns `undefined` if there is no subject to put in, or one that cannot be escaped. */
function putSubject(text: string, subject: string | undefined): string | undefined {
  if (!text.includes(SUBJECT)) return text;
  if (subject === undefined || subject === "" || !subject.isWellFormed()) return undefined;
  // A colon in a subject would reach into the ids of others: `a` has the prefix of `a:b`.
  return text.replaceAll(SUBJECT, () => encodeURIComponent(subject));
}
