import type { Topic } from "../../../core/topic.ts";
import { readSince } from "../../_wire/history_controls.ts";
import type { Recipient } from "./recipient.ts";
import { LinkRights, type PastBounds } from "./link_rights.ts";
import { LiveTails } from "./live_tails.ts";
import type { PastSource } from "./past_source.ts";
import { RequestPast } from "./request_past.ts";

/** The past of a hub's events, and what its spokes may have of it. */
export class HubPast {
  readonly source: PastSource;
  readonly tails = new LiveTails();
  readonly #bounds: PastBounds;
  readonly #identityOf: (spoke: object) => object;
  /** By link, so that they outlive a connection. */
  readonly #rights = new WeakMap<object, LinkRights>();

  /** @param identityOf What stays the same over all connections of a spoke's link. */
  constructor(source: PastSource, bounds: PastBounds, identityOf: (spoke: object) => object) {
    this.source = source;
    this.#bounds = bounds;
    this.#identityOf = identityOf;
  }

  /** The past that a subscribe request asks for, if the spoke takes part in history. */
  ofRequest(
    spoke: Recipient,
    ref: string,
    topics: readonly string[],
    since: unknown,
  ): RequestPast | undefined {
    if (spoke.session.sender.hello?.history !== true) return undefined;
    const { source, tails } = this;
    const { maxReplay } = this.#bounds;
    const rights = this.#rightsOf(spoke);
    const asked = since === undefined ? [] : readSince(since, topics.length);
    return new RequestPast({ source, tails, spoke, ref }, rights, maxReplay, topics, asked);
  }

  /** A spoke has said which link it is. */
  meet(spoke: Recipient): void {
    if (this.#rights.has(spoke)) this.#rightsOf(spoke);
  }

  /** Ends the right of a spoke and its link to what was published until now. */
  revoke(spoke: Recipient, topic: Topic | undefined): void {
    this.#rightsOf(spoke).revoke(topic);
  }

  #rightsOf(spoke: Recipient): LinkRights {
    const identity = this.#identityOf(spoke);
    const own = this.#rights.get(spoke);
    const rights = this.#rights.get(identity) ?? own ?? new LinkRights(this.source, this.#bounds);
    this.#rights.set(identity, rights);
    if (own === undefined || identity === spoke) return rights;
    // Of the time before the spoke said which link it is.
    this.#rights.delete(spoke);
    rights.adopt(own);
    return rights;
  }
}
