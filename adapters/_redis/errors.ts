/** Codes of errors that pass; what else the server says, it will say again. */
const PASSING = /^(LOADING|BUSY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|READONLY|UNBLOCKED)\b/;

/**
 * Whether a server has refused a command for good, as an ACL does.
 *
 * @param error What the command was rejected with.
 * @returns Whether it is of no use to ask again.
 */
export function isRefusal(error: unknown): error is Error {
  return error instanceof Error && error.name === "ReplyError" && !PASSING.test(error.message);
}

/**
 * Says what to do where ioredis says only what it cannot do.
 *
 * @param error What publishing was rejected with.
 * @returns The same, or an error with advice of which it is the cause.
 */
export function clearer(error: unknown): unknown {
  if (!(error instanceof Error) || !error.message.startsWith("Connection in subscriber mode")) return error;
  const message = "Cannot publish on a connection that is subscribed: give a publishClient of its own";
  return new Error(message, { cause: error });
}
