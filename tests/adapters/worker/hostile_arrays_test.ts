import { assertEquals } from "@std/assert";
import { createWorkerHostEventTarget, createWorkerThreadEventTarget } from "@alkdev/pubsub";
import { eventually } from "../../support/eventually.ts";

/** Arrays that cost their sender nothing: JSON has none, and a structured clone keeps them as they are. */
const ARRAYS: Readonly<Record<string, () => unknown[]>> = {
  "a few holes": () => new Array(3),
  "four thousand million holes": () => new Array(2 ** 32 - 1),
  "holes between strings": () => Object.assign(new Array(2 ** 31), { 0: "a", [2 ** 31 - 2]: "b" }),
};

/** Frames with an array of a peer, by the place of the array. */
const TO_HUB: Readonly<Record<string, (array: unknown[]) => unknown>> = {
  "topics to subscribe to": (topics) => ({ type: "__subscribe", id: "1", payload: { topics } }),
  "topics to unsubscribe from": (topics) => ({ type: "__unsubscribe", id: "1", payload: { topics } }),
  "topics of a replay": (topics) => ({ type: "__unsubscribe", id: "1", payload: { replay: "1", topics } }),
  "a frame": (frame) => frame,
};

const TO_LINK: Readonly<Record<string, (array: unknown[]) => unknown>> = {
  "topics that are subscribed": (topics) => ({ type: "__subscribed", id: "1", payload: { topics } }),
  "topics that are refused": (refused) => ({ type: "__revoked", id: "", payload: { refused } }),
  "refused topics that share a reason": (also) => ({
    type: "__revoked",
    id: "",
    payload: { refused: [{ topic: "b", reason: "no", also }] },
  }),
  "issues of an event": (issues) => ({
    type: "__rejected",
    id: "",
    payload: { topic: "b", reason: "", issues },
  }),
  "a frame": (frame) => frame,
};

/** The reports where the frame makes sense without the array. */
const REPORTED: Readonly<Record<string, readonly string[]>> = {
  // A newer request for it is under way.
  "refused topics that share a reason": [],
  "issues of an event": ["publish"],
};

const mark = (port: MessagePort, message: object): void =>
  port.postMessage({ "@alkdev/pubsub": 1, ...message });

for (const [what, create] of Object.entries(ARRAYS)) {
  for (const [place, frameOf] of Object.entries(TO_HUB)) {
    Deno.test(`a host outlives a worker that sends ${what} as ${place}`, async () => {
      const { port1, port2 } = new MessageChannel();
      const stages: string[] = [];
      const host = createWorkerHostEventTarget(port1, {
        onError: (_error, { stage }) => void stages.push(stage),
      });
      const heard: string[] = [];
      host.listen("a", undefined, { onEvent: ({ id }) => void heard.push(id) });
      mark(port2, { ready: "open" });
      mark(port2, { frame: frameOf(create()), bytes: 0 });
      mark(port2, { frame: { type: "a", id: "1" }, bytes: 0 });
      await eventually(() => assertEquals(heard, ["1"]));
      // Without topics, all of a replay ends.
      assertEquals(stages, place === "topics of a replay" ? [] : ["decode"], "reported once");
      host.removeWorker(port1);
      await host.close();
      port1.close();
      port2.close();
    });
  }

  for (const [place, frameOf] of Object.entries(TO_LINK)) {
    Deno.test(`a thread outlives a host that sends ${what} as ${place}`, async () => {
      const { port1, port2 } = new MessageChannel();
      const stages: string[] = [];
      const link = createWorkerThreadEventTarget(port1, {
        onError: (_error, { stage }) => void stages.push(stage),
      });
      const heard: string[] = [];
      link.listen("b", undefined, { onEvent: ({ id }) => void heard.push(id) });
      mark(port2, { ready: "hub" });
      mark(port2, { frame: { type: "__hello", id: "", payload: { version: 1, batch: true } }, bytes: 0 });
      mark(port2, { frame: frameOf(create()), bytes: 0 });
      mark(port2, { frame: { type: "b", id: "1" }, bytes: 0 });
      await eventually(() => assertEquals(heard, ["1"]));
      assertEquals(stages, REPORTED[place] ?? ["decode"], "reported once");
      // It has no hub that would answer its own.
      mark(port2, { frame: { type: "__bye", id: "" }, bytes: 0 });
      await link.closed;
      port1.close();
      port2.close();
    });
  }
}
