// The types of the worker event targets. The type checker runs these tests.

import { assertEquals } from "@std/assert";
import type {
  MessageChannel as NodeMessageChannel,
  parentPort,
  Worker as NodeWorker,
} from "node:worker_threads";
import { expectTypeOf } from "expect-type";
import {
  createPubSub,
  createWorkerHostEventTarget,
  createWorkerThreadEventTarget,
  type EventEnvelope,
  type LinkEventTarget,
  type SpokeEventTarget,
  type TypedEvent,
  type WorkerHostEventTarget,
  type WorkerHostOptions,
  type WorkerLike,
  type WorkerThreadOptions,
} from "@alkdev/pubsub";

type Events = { "file.hash": { path: string }; "file.hashed": ArrayBuffer };

/** Type checks a body that is not to run. */
function neverRun(_body: (...args: never[]) => unknown): void {}

Deno.test("workers, ports and scopes of every runtime are worker-like", () => {
  expectTypeOf<Worker>().toExtend<WorkerLike>();
  expectTypeOf<MessagePort>().toExtend<WorkerLike>();
  expectTypeOf<NodeWorker>().toExtend<WorkerLike>();
  expectTypeOf<NonNullable<typeof parentPort>>().toExtend<WorkerLike>();
  expectTypeOf<NodeMessageChannel["port1"]>().toExtend<WorkerLike>();
  expectTypeOf<EventTarget>().not.toExtend<WorkerLike>();
  expectTypeOf<WebSocket>().not.toExtend<WorkerLike>();
  expectTypeOf<Pick<Worker, "addEventListener">>().not.toExtend<WorkerLike>();
});

Deno.test("workers and ports of a browser are worker-like, including those of a SharedWorker", async () => {
  const folder = await Deno.makeTempDir();
  const library = new URL("../../../adapters/_worker/worker_like.ts", import.meta.url);
  await Deno.writeTextFile(
    `${folder}/deno.json`,
    JSON.stringify({
      compilerOptions: {
        lib: ["dom", "dom.iterable", "esnext"],
        strict: true,
        exactOptionalPropertyTypes: true,
      },
    }),
  );
  await Deno.writeTextFile(
    `${folder}/browser.ts`,
    `import type { WorkerLike } from "${library}";
export const all = (worker: Worker, shared: SharedWorker, port: MessagePort): WorkerLike[] => [worker, shared.port, port];
// @ts-expect-error: the port of a SharedWorker is one, not itself.
export const none = (shared: SharedWorker): WorkerLike => shared;
`,
  );
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--quiet", "browser.ts"],
    cwd: folder,
  }).output();
  assertEquals([new TextDecoder().decode(stderr), code], ["", 0]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a host takes one worker or several of a kind, and its callbacks get that kind", () => {
  neverRun((worker: Worker, node: NodeWorker) => {
    expectTypeOf(createWorkerHostEventTarget(worker)).toEqualTypeOf<
      WorkerHostEventTarget<TypedEvent, Worker>
    >();
    expectTypeOf(createWorkerHostEventTarget([node, node])).toEqualTypeOf<
      WorkerHostEventTarget<TypedEvent, NodeWorker>
    >();
    const host = createWorkerHostEventTarget(worker, {
      onConnection(spoke, connected) {
        expectTypeOf(spoke).toEqualTypeOf<SpokeEventTarget>();
        expectTypeOf(connected).toEqualTypeOf<Worker>();
      },
    });
    expectTypeOf(host.addWorker).toEqualTypeOf<
      (worker: Worker, options?: { readonly context?: unknown }) => SpokeEventTarget<TypedEvent>
    >();
    // @ts-expect-error: of another kind.
    host.addWorker(node);
    // Any kind, if it says so.
    createWorkerHostEventTarget<TypedEvent, WorkerLike>([worker, node]).addWorker(new MessageChannel().port1);
    // @ts-expect-error: no worker.
    createWorkerHostEventTarget(new EventTarget());
    // @ts-expect-error: no such option.
    createWorkerHostEventTarget(worker, { transfer: [] });
  });
});

Deno.test("a thread needs no scope, and is an event target of a pubsub", () => {
  neverRun((port: MessagePort) => {
    expectTypeOf(createWorkerThreadEventTarget()).toEqualTypeOf<LinkEventTarget<TypedEvent>>();
    createWorkerThreadEventTarget(undefined, { heartbeatMs: 1000 });
    const pubsub = createPubSub<Events>({ eventTarget: createWorkerThreadEventTarget(port) });
    pubsub.publish("file.hashed", "1", new ArrayBuffer(1));
    // @ts-expect-error: another payload.
    pubsub.publish("file.hashed", "1", { path: "" });
    // @ts-expect-error: no scope.
    createWorkerThreadEventTarget(5);
  });
});

Deno.test("transferables() gets the envelope, and returns transferables of the platform", () => {
  type Transferables = (envelope: EventEnvelope) => readonly object[];
  expectTypeOf<NonNullable<WorkerHostOptions["transferables"]>>().toEqualTypeOf<Transferables>();
  expectTypeOf<NonNullable<WorkerThreadOptions["transferables"]>>().toEqualTypeOf<Transferables>();
  neverRun((port: MessagePort) => {
    createWorkerThreadEventTarget(port, {
      transferables: ({ payload }) => payload instanceof ArrayBuffer ? [payload] : [],
    });
    // @ts-expect-error: text cannot be transferred.
    createWorkerThreadEventTarget(port, { transferables: ({ type }) => [type] });
  });
});
