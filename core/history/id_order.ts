import type { IdNode } from "./entry.ts";

/** The known ids of a type, in the order of their last events. */
export class IdOrder {
  /** The id whose last event is the oldest. */
  first: IdNode | undefined;
  #last: IdNode | undefined;
  readonly #nodes = new Map<string, IdNode>();

  get size(): number {
    return this.#nodes.size;
  }

  get(id: string): IdNode | undefined {
    return this.#nodes.get(id);
  }

  /** Puts an id at the end, in place of what stood for it before and was taken out. */
  push(node: IdNode, known: IdNode | undefined): void {
    if (known !== node) this.#nodes.set(node.id, node);
    node.before = this.#last;
    node.after = undefined;
    if (this.#last === undefined) this.first = node;
    else this.#last.after = node;
    this.#last = node;
  }

  /** Lets something else stand for an id. */
  replace(known: IdNode, node: IdNode): void {
    const { before, after } = known;
    node.before = before;
    node.after = after;
    if (before === undefined) this.first = node;
    else before.after = node;
    if (after === undefined) this.#last = node;
    else after.before = node;
    this.#nodes.set(node.id, node);
  }

  delete(node: IdNode): void {
    this.unlink(node);
    this.#nodes.delete(node.id);
  }

  /** Takes an id out of the order. It stays known. */
  unlink(node: IdNode): void {
    const { before, after } = node;
    if (before === undefined) this.first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    node.before = node.after = undefined;
  }
}
