/** By what a hub recognizes a link over its connections. */
export interface LinkIdentity {
  /** The secret of the link. */
  readonly link: string;
  /** The number of this connection of the link. */
  readonly connection: number;
}

/** The longest secret, in characters. */
const MAX_LINK_LENGTH = 64;

/** The highest number of a connection. */
const MAX_CONNECTION = 2 ** 31;

/** Reads the identity off the payload of a hello: a value of any kind. A link without a whole identity has none. */
export function readLinkIdentity(payload: unknown): LinkIdentity | undefined {
  if (typeof payload !== "object" || payload === null) return undefined;
  // Cast: every member is checked.
  const { link, connection } = payload as { readonly link?: unknown; readonly connection?: unknown };
  if (typeof link !== "string" || link === "" || link.length > MAX_LINK_LENGTH) return undefined;
  if (typeof connection !== "number" || !Number.isInteger(connection)) return undefined;
  return connection >= 1 && connection <= MAX_CONNECTION ? { link, connection } : undefined;
}
