/** Error codes of passing conditions. Any other refusal will be the same the next time. */
const PASSING = /^(LOADING|BUSY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|READONLY|UNBLOCKED)\b/;

/** Whether a server refused a command for good, as an ACL does. */
export function isRefusal(error: unknown): error is Error {
  return error instanceof Error && error.name === "ReplyError" && !PASSING.test(error.message);
}

/** Returns the error of a publish, with advice where ioredis gives none. */
export function withAdvice(error: unknown): unknown {
  if (!(error instanceof Error) || !error.message.startsWith("Connection in subscriber mode")) return error;
  const message = "Cannot publish on a subscribed connection: pass a separate publishClient";
  return new Error(message, { cause: error });
}
