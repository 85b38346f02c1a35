import { splitTopic, type Topic } from "../../core/topic.ts";

/** The characters of a name from its end, and from its start, that its hash depends on. */
const LAST_CHARACTERS = 12;
const FIRST_CHARACTERS = 4;

/** The prime of FNV-1a. */
const PRIME = 0x01000193;

/** Secrets of this process. Made when first needed: Cloudflare allows no random values while modules load. */
let secrets: Int32Array | undefined;

/** A topic that a `TopicTable` finds. */
export interface HashedTopic {
  readonly name: string;
  readonly hash: number;
}

/** A topic by its name, in two parts, with the hash by which a `TopicTable` finds it. */
export class NamedTopic implements HashedTopic, Topic {
  readonly name: string;
  readonly type: string;
  readonly id: string | undefined;
  readonly hash: number;

  constructor(name: string) {
    const { type, id } = splitTopic(name);
    this.name = name;
    this.type = type;
    this.id = id;
    this.hash = hashOf(name);
  }
}

/** A small integer, which names can share: it depends on the length of the name and on some of its characters. */
export function hashOf(name: string): number {
  const { length } = name;
  const [salt = 0, factor = 0] = secrets ??= crypto.getRandomValues(new Int32Array(2));
  let hash = salt ^ length;
  const last = Math.max(0, length - LAST_CHARACTERS);
  for (let i = last; i < length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), PRIME);
  const first = Math.min(last, FIRST_CHARACTERS);
  for (let i = 0; i < first; i++) hash = Math.imul(hash ^ name.charCodeAt(i), PRIME);
  hash = Math.imul(hash ^ hash >>> 15, factor | 1);
  return (hash ^ hash >>> 16) & 0x3fffffff;
}
