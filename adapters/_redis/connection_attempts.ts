import { messageOf } from "../../core/describe.ts";
import type { ErrorContext } from "../../core/types.ts";
import { peerOf, type RedisClient } from "./client.ts";

/** The two clients of an event target. */
export type ClientRole = "publish" | "subscribe";

/** A fault of a connection, as it is reported. */
interface ConnectionFault {
  readonly error: unknown;
  readonly context: Pick<ErrorContext, "peer" | "attempt">;
}

/** The attempts of one client since it was last connected. */
interface Attempts {
  readonly peer: string | undefined;
  /** 1 if the first attempt of the client is not an attempt to connect again. */
  first: number;
  retries: number;
  /** The last attempt that was reported as failed, and why it failed. */
  reported: { readonly attempt: number; readonly reason: string } | undefined;
}

/** The meanings of the errors of an attempt. ioredis only says what the system or the server said. */
const MEANINGS: readonly (readonly [RegExp, string])[] = [
  [/sentinels are unreachable/, "no Sentinel names a master"],
  [/ECONNREFUSED|ENOENT/, "nothing listens there"],
  [/ENOTFOUND|EAI_AGAIN/, "the name of its host has no address"],
  [/ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/, "nothing answers there"],
  [/NOAUTH/, "it requires a password"],
  [/WRONGPASS|invalid password|AUTH <password>/, "it does not accept the user and the password"],
  [/NOPERM/, "the user lacks a permission that the client needs"],
  [/max number of clients/, "it has as many connections as it allows"],
  [/certificate|\bCERT_|\bSSL\b|\bTLS\b/i, "the TLS handshake failed"],
  [/EPIPE|ECONNRESET/, "the server closes the connection, as one that requires TLS does"],
  [/Protocol error|Unknown RESP type/, "the server there is not a Redis"],
];

/** Counts the attempts of both clients. An attempt that fails for both of them in the same way is one fault. */
export class ConnectionAttempts {
  readonly #clients: Readonly<Record<ClientRole, Attempts>>;

  constructor(publishClient: RedisClient, subscribeClient: RedisClient) {
    this.#clients = { publish: attemptsOf(publishClient), subscribe: attemptsOf(subscribeClient) };
  }

  /** A client will try again. Returns the number of the attempt to connect again. */
  onRetry(role: ClientRole): number {
    return ++this.#clients[role].retries;
  }

  onConnected(role: ClientRole): void {
    Object.assign(this.#clients[role], { first: 0, retries: 0, reported: undefined });
  }

  /** Returns what to report of a client's error, or `undefined` if the other client has reported the same. */
  onError(role: ClientRole, error: unknown): ConnectionFault | undefined {
    const { peer, first, retries } = this.#clients[role];
    const context = peer === undefined ? {} : { peer };
    const attempt = first + retries;
    // The error of a connection that was open is not a failed attempt.
    if (attempt === 0) return { error, context };
    const text = textOf(error);
    const meaning = MEANINGS.find(([pattern]) => pattern.test(text))?.[1];
    const reason = meaning ?? text;
    const other = this.#clients[role === "publish" ? "subscribe" : "publish"];
    const { reported } = other;
    if (other.peer === peer && reported?.reason === reason && reported.attempt >= attempt) return undefined;
    this.#clients[role].reported = { attempt, reason };
    const message = `Cannot connect to Redis${meaning === undefined ? "" : `, since ${meaning}`}: ${text}`;
    return { error: new Error(message, { cause: error }), context: { ...context, attempt } };
  }
}

function attemptsOf(client: RedisClient): Attempts {
  const first = client.status === "ready" ? 0 : 1;
  return { peer: peerOf(client), first, retries: 0, reported: undefined };
}

/** The message of an error. Node's is empty if each address of a host failed, and the error of a `Cluster` names none. */
function textOf(error: unknown): string {
  const { errors, lastNodeError }: { errors?: unknown; lastNodeError?: unknown } = Object(error);
  const message = messageOf(error);
  const inner = Array.isArray(errors) ? errors : lastNodeError === undefined ? [] : [lastNodeError];
  return [message, ...inner.map(messageOf)].filter((text) => text !== "").join(" ");
}
