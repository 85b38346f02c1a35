import type { AuthorizeRequest, SpokeEventTarget, TypedEvent } from "@alkdev/pubsub";
import type { User } from "./config.ts";
import { KeySetError, type Verify } from "./keys.ts";
import { covers, readRights, type Rights } from "./patterns.ts";
import { ADDRESS_HEADER } from "./server.ts";

/** The user of a spoke and its rights. Without rights, the spoke may do everything. */
export interface Visitor extends User {
  readonly rights: Rights | undefined;
  /** The address of the connection; empty if it is not known. */
  readonly address: string;
}

/** A spoke of the program's hub. */
export type VisitorSpoke = SpokeEventTarget<TypedEvent, Visitor>;

const EVERYBODY = { subject: undefined, expiresAt: Infinity, claims: {}, rights: undefined };

/** Returns the visitor who sends a request, or the answer that refuses the request. */
type Authenticate = (request: Request) => Promise<Visitor | Response>;

/**
 * Returns who sends a request. Rejects if its token is not valid.
 *
 * @param onRefused Called for a token that is not valid.
 * @param onFault Called if the keys of tokens cannot be read.
 */
export function createAuthenticate(
  verify: Verify | undefined,
  onRefused: () => void,
  onFault: (error: KeySetError) => void,
): Authenticate {
  if (verify === undefined) {
    return (request) => Promise.resolve({ ...EVERYBODY, address: addressOf(request) });
  }
  return async (request) => {
    try {
      return await readVisitor(verify, tokenOf(request), addressOf(request));
    } catch (error) {
      if (error instanceof KeySetError) {
        onFault(error);
        return tryLater();
      }
      onRefused();
      throw error;
    }
  };
}

function tryLater(): Response {
  const error = "the keys of tokens cannot be read now";
  return Response.json({ error }, { status: 503, headers: { "retry-after": "1" } });
}

async function readVisitor(
  verify: Verify,
  token: string | undefined,
  address: string,
): Promise<Visitor> {
  if (token === undefined) throw new TypeError("There is no token");
  const claims = await verify(token);
  const { sub, exp = 0 } = claims;
  const subject = typeof sub === "string" ? sub : undefined;
  return { subject, expiresAt: exp * 1000, claims, rights: readRights(claims["pubsub"], subject), address };
}

/** Decides by the claims of the token: `"live"` allows a topic without its past. */
export function decide({ spoke, action, type, id, from }: AuthorizeRequest<VisitorSpoke>): boolean | "live" {
  const { rights, expiresAt } = spoke.context;
  if (rights === undefined) return true;
  const topic = { type, id };
  if (Date.now() >= expiresAt || !covers(rights[action], topic)) return false;
  return from === undefined || covers(rights.history, topic) || "live";
}

function addressOf(request: Request): string {
  return request.headers.get(ADDRESS_HEADER) ?? "";
}

/** The token of a header, or of the query where a page can set no header. */
function tokenOf(request: Request): string | undefined {
  const header = request.headers.get("authorization")?.match(/^bearer +(\S+)$/i)?.[1];
  return header ?? new URL(request.url).searchParams.get("token") ?? undefined;
}
