/** Refuses a request, with a reason for people. */
export function refuse(status: number, error: string, more: object = {}): Response {
  const response = Response.json({ error, ...more }, { status });
  if (status === 503) response.headers.set("retry-after", "1");
  return response;
}

/** The statuses of the codes with which a hub closes a spoke. */
const STATUSES: Readonly<Record<number, number>> = {
  1008: 403,
  1009: 413,
  4401: 401,
  4403: 403,
  4429: 429,
};

/** The answer to a request whose spoke was closed before the hub has answered. */
export function refuseClosed(code: number, reason: string): Response {
  return refuse(STATUSES[code] ?? 503, reason || `the hub has closed the connection (${code})`);
}
