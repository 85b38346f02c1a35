/** The users of these examples, and the tokens that prove who they are. A real server asks its own store. */
export interface User {
  readonly name: string;
}

const users = new Map<unknown, User>();

/** Makes a token of a user, valid until {@linkcode forget}, or for one look-up. */
export function tokenOf(name: string, { once = false }: { once?: boolean } = {}): string {
  const token = `${once ? "once" : "many"}.${crypto.randomUUID()}`;
  users.set(token, { name });
  return token;
}

/** The user of a token of any kind, or `undefined`. */
export function userOf(token: unknown): User | undefined {
  const user = users.get(token);
  if (typeof token === "string" && token.startsWith("once.")) users.delete(token);
  return user;
}

/** A token is not valid any more. */
export function forget(token: string): void {
  users.delete(token);
}
