/** A `SharedWorker` that is the host of the tabs that connect to it. It answers with the number of its spokes. */
import { createWorkerHostEventTarget, type TypedEvent, type WorkerLike } from "@alkdev/pubsub";

const host = createWorkerHostEventTarget<TypedEvent, WorkerLike>([], { heartbeatMs: 500, onError() {} });
host.listen("ask", undefined, {
  onEvent: ({ id }) => host.publish({ type: "answer", id, payload: host.connectionCount }),
});

// Cast: the types of Deno have no SharedWorker.
const scope = globalThis as unknown as {
  onconnect: (event: { readonly ports: readonly WorkerLike[] }) => void;
};
scope.onconnect = ({ ports: [port] }) => void (port && host.addWorker(port));
