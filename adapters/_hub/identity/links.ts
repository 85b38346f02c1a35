import { SUPERSEDED } from "../../_wire/close_codes.ts";
import type { Spoke } from "../spoke.ts";
import { readLinkIdentity } from "./link_identity.ts";
import { type KnownLink, LinkTable } from "./link_table.ts";

/** The reason that the older connection of a link gets. */
const REASON = "a newer connection of the link";

/** Recognizes links over their connections: only the newest connection of a link is a spoke. */
export class Links {
  readonly #ownerOf: (spoke: Spoke) => unknown;
  readonly #table = new LinkTable<Spoke>();
  /** Beside the spokes, so that nobody who inspects a spoke sees the secret of its link. */
  readonly #known = new WeakMap<object, KnownLink<Spoke>>();

  /** The spoke that has ended last, of a link whose events may still wait for their turn. */
  readonly #ended = new WeakMap<KnownLink<Spoke>, WeakRef<Spoke>>();
  readonly #bequeath: (older: Spoke, newer: Spoke) => void;

  /**
   * @param ownerOf The program's option, which can throw.
   * @param bequeath Gives what waits of an older connection to a newer one.
   */
  constructor(
    ownerOf: ((spoke: Spoke) => unknown) | undefined,
    bequeath: (older: Spoke, newer: Spoke) => void,
  ) {
    this.#bequeath = bequeath;
    this.#ownerOf = ownerOf ?? ((spoke) => spoke.endpointId);
  }

  /**
   * A spoke has said its first hello. Ends the older connection of its link, or the spoke, if that is the older one.
   *
   * @param payload The payload of the hello, if an identity may be in it.
   */
  welcome(spoke: Spoke, payload: unknown): void {
    const identity = readLinkIdentity(payload);
    if (identity === undefined) return;
    let owner: unknown;
    try {
      owner = this.#ownerOf(spoke);
    } catch (error) {
      // Without an owner, nobody knows whose link it is.
      return spoke.report("connect", error);
    }
    const claimed = this.#table.claim(spoke, owner, identity);
    if (claimed === undefined) return spoke.expel(SUPERSEDED, REASON);
    const { known, older = this.#ended.get(known)?.deref() } = claimed;
    spoke.hopId ??= older?.hopId ?? known.hopId;
    this.#known.set(spoke, known);
    this.#ended.delete(known);
    if (older === undefined) return;
    this.#bequeath(older, spoke);
    if (older.attached) older.session.drop(SUPERSEDED, REASON);
  }

  /** The identity that is the same over all connections of a spoke's link. */
  identityOf(spoke: object): object {
    return this.#known.get(spoke) ?? spoke;
  }

  /** A spoke has ended. */
  release(spoke: Spoke): void {
    const known = this.#known.get(spoke);
    if (known === undefined) return;
    this.#table.release(spoke, known);
    known.hopId = spoke.hopId;
    // Not kept alive: if nobody else keeps the spoke, nobody can decide what it has sent.
    if (spoke.pending !== undefined) this.#ended.set(known, new WeakRef(spoke));
  }
}
