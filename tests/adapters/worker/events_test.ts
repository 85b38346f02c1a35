import { assertEquals, assertInstanceOf } from "@std/assert";
import {
  createPubSub,
  createWorkerHostEventTarget,
  createWorkerThreadEventTarget,
  RejectedError,
} from "@alkdev/pubsub";
import { defineEvents } from "@alkdev/pubsub/schemas";
import * as z from "zod";
import { eventually } from "../../support/eventually.ts";

Deno.test("a host checks what its threads send, by value, and reports to them what it refuses", async () => {
  const { port1, port2 } = new MessageChannel();
  const events = defineEvents({ done: z.object({ at: z.date(), bytes: z.instanceof(Uint8Array) }) });
  const faults: unknown[] = [];
  const stages: string[] = [];
  const host = createWorkerHostEventTarget(port1, {
    events,
    onError: (_error, { stage }) => void stages.push(stage),
  });
  const link = createWorkerThreadEventTarget(port2, { onError: (error) => void faults.push(error) });
  const pubsub = createPubSub({ events, eventTarget: host });
  const done = pubsub.subscribe("done");
  const circle: Record<string, unknown> = { at: 7n };
  circle["self"] = circle;
  const good = { at: new Date(0), bytes: new Uint8Array([1]) };
  for (const payload of [circle, new Map([["at", "s3cret"]]), good]) {
    link.publish({ type: "done", id: "1", payload });
  }
  assertEquals((await done.next()).value?.payload, good);
  await eventually(() => assertEquals(faults.length, 2));
  for (const fault of faults) assertInstanceOf(fault, RejectedError);
  assertEquals([String(faults).includes("s3cret"), stages], [false, ["decode", "decode"]]);
  await pubsub.close();
  await link.close();
  await host.close();
  port1.close();
  port2.close();
});
