import { mapKey } from "../../../core/map_key.ts";
import type { LinkIdentity } from "./link_identity.ts";

/** How long the number of a link is remembered after its last connection, in milliseconds. */
export const MEMORY_MS = 600_000;

/** How many links without a connection are remembered. */
export const MAX_PAST_LINKS = 10_000;

/** A link of one owner, as the hub knows it. */
export interface KnownLink<TSpoke> {
  readonly owner: unknown;
  readonly id: string;
  /** The highest number of a connection that was met. */
  highest: number;
  /** The spoke of that connection, unless it has ended. */
  spoke: TSpoke | undefined;
  /** The id of the spoke in the `via` of its events, once its connection has ended. */
  hopId?: string | undefined;
  /** The time at which the link is forgotten, if it has no connection. */
  until: number;
}

/**
 * The links of a hub, by the owner of their spokes. The same id of two owners is two links, so that what one owner says
 * has no effect on another.
 */
export class LinkTable<TSpoke> {
  readonly #owners = new Map<unknown, Map<string | number, KnownLink<TSpoke>>>();
  /** The links without a connection, in the order in which they are forgotten. */
  readonly #past = new Set<KnownLink<TSpoke>>();
  readonly #now: () => number;

  /** @param now The time in milliseconds, of a clock that is never set back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The number of links that are known, with a connection or without. */
  get size(): number {
    let size = 0;
    for (const links of this.#owners.values()) size += links.size;
    return size;
  }

  /**
   * Gives a link to the spoke of its newest connection. Returns the link and the spoke of its older connection, which is
   * to be ended; or `undefined` if a connection with this number or a higher one was met already.
   */
  claim(
    spoke: TSpoke,
    owner: unknown,
    { link, connection }: LinkIdentity,
  ): { readonly known: KnownLink<TSpoke>; readonly older: TSpoke | undefined } | undefined {
    this.#forgetOld();
    const links = this.#owners.get(keyOf(owner)) ?? new Map<string | number, KnownLink<TSpoke>>();
    const key = mapKey(link);
    const known = links.get(key) ?? { owner, id: link, highest: 0, spoke: undefined, until: 0 };
    if (connection <= known.highest) return undefined;
    const older = known.spoke;
    known.highest = connection;
    known.spoke = spoke;
    this.#past.delete(known);
    this.#owners.set(keyOf(owner), links.set(key, known));
    return { known, older };
  }

  /** The connection of a spoke has ended. The number of its link is remembered, unless a newer connection has taken it. */
  release(spoke: TSpoke, known: KnownLink<TSpoke>): void {
    if (known.spoke !== spoke) return;
    known.spoke = undefined;
    known.until = this.#now() + MEMORY_MS;
    this.#past.add(known);
    this.#forgetOld();
  }

  #forgetOld(): void {
    const now = this.#now();
    for (const known of this.#past) {
      if (known.until > now && this.#past.size <= MAX_PAST_LINKS) return;
      this.#past.delete(known);
      const links = this.#owners.get(keyOf(known.owner));
      links?.delete(mapKey(known.id));
      if (links?.size === 0) this.#owners.delete(keyOf(known.owner));
    }
  }
}

/** The key of an owner. V8 hashes text that begins with a colon by a secret, and a number is another owner than its digits. */
function keyOf(owner: unknown): unknown {
  return typeof owner === "string" ? `:${owner}` : owner;
}
