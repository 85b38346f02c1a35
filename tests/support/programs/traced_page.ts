/** A page that publishes one event in a span: `?hub=<URL>&trace=<id>&span=<id>`. Its span exists only by name: no SDK is loaded. */
import * as api from "@opentelemetry/api";
import { createWebSocketClientEventTarget } from "@alkdev/pubsub";
import { tracing } from "@alkdev/pubsub/opentelemetry";

/** As the context manager of OpenTelemetry's SDK for pages: the context of the function that runs. */
class StackContextManager implements api.ContextManager {
  #active = api.ROOT_CONTEXT;

  active(): api.Context {
    return this.#active;
  }

  with: api.ContextManager["with"] = (context, callback, self, ...args) => {
    const before = this.#active;
    this.#active = context;
    try {
      return self === undefined ? callback(...args) : callback.call(self, ...args);
    } finally {
      this.#active = before;
    }
  };

  bind<T>(_context: api.Context, target: T): T {
    return target;
  }

  enable(): this {
    return this;
  }

  disable(): this {
    return this;
  }
}

api.context.setGlobalContextManager(new StackContextManager());
// Casts: the types of Deno have no page.
const { location } = globalThis as unknown as { location: { search: string } };
const query = new URLSearchParams(location.search);
const value = (name: string): string => query.get(name) ?? "";
const link = createWebSocketClientEventTarget(() => new WebSocket(value("hub")), {
  tracing: tracing({ api }),
});
const span = { traceId: value("trace"), spanId: value("span"), traceFlags: api.TraceFlags.SAMPLED };
api.context.with(api.trace.setSpanContext(api.ROOT_CONTEXT, span), () => {
  link.publish({ type: "order.placed", id: "1", payload: { total: 12 } });
});
await link.flush();
await fetch("/report", { method: "POST", body: JSON.stringify(link.status.state) });
