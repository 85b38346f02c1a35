import { refuse } from "./answers.ts";
import type { HttpEdgeOptions, MetricsFormat } from "./types.ts";

const TYPES: Readonly<Record<MetricsFormat, string>> = {
  text: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** Answers a request for the numbers of a hub. */
export function answerMetrics<TContext>(
  request: Request,
  context: TContext,
  metrics: NonNullable<HttpEdgeOptions<TContext>["metrics"]>,
): Response {
  const format = request.headers.get("accept")?.includes("application/openmetrics-text")
    ? "openmetrics"
    : "text";
  const text = metrics(context, format);
  if (text === undefined) return refuse(403, "not authorized");
  return new Response(text, { headers: { "content-type": TYPES[format], "cache-control": "no-store" } });
}
