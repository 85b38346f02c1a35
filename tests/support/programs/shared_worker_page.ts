/** A tab with a link to a `SharedWorker`. It is frozen for longer than the host waits, and reports what it saw. */
import { createPubSub, createWorkerThreadEventTarget, type WorkerLike } from "@alkdev/pubsub";
import { blockFor } from "../block_for.ts";

// Cast: the types of Deno have no SharedWorker.
const { SharedWorker } = globalThis as unknown as {
  SharedWorker: new (url: string, options: { type: "module" }) => { readonly port: WorkerLike };
};
const states: string[] = [];
let isBack = (): void => {};
const back = new Promise<void>((resolve) => isBack = resolve);
const eventTarget = createWorkerThreadEventTarget(
  () => new SharedWorker("/other.js", { type: "module" }).port,
  {
    reconnectDelayMs: 50,
    onError() {},
    onStatus: ({ state, gap }) => {
      states.push(gap ? `${state}, gap` : state);
      if (gap) isBack();
    },
  },
);
const pubsub = createPubSub<{ ask: number; answer: number }>({ eventTarget });
const answers = pubsub.subscribe("answer");
await answers.ready;
blockFor(3000);
await back;
pubsub.publish("ask", "1", 0);
const { value } = await answers.next();
await fetch("/report", { method: "POST", body: JSON.stringify({ states, spokes: value?.payload }) });
