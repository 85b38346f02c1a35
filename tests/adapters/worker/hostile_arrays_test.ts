import { assertEquals } from "@std/assert";
import {
  createWorkerHostEventTarget,
  createWorkerThreadEventTarget,
  type EventTargetOptions,
  type PubSubEventTarget,
} from "@alkdev/pubsub";
import { eventually } from "../../support/eventually.ts";

/** Arrays that cost their sender nothing: JSON has none, and a structured clone keeps them as they are. */
const ARRAYS: Readonly<Record<string, () => unknown[]>> = {
  "a few holes": () => new Array(3),
  "four thousand million holes": () => new Array(2 ** 32 - 1),
  "holes between strings": () => Object.assign(new Array(2 ** 31), { 0: "a", [2 ** 31 - 2]: "b" }),
};

/** A frame with an array of a peer. */
interface HostileFrame {
  readonly frameOf: (array: unknown[]) => unknown;
  /** The reports of it: one, unless the frame makes sense without the array. */
  readonly stages?: readonly string[];
}

/** One end of a port, and the peer that sends it arrays. */
interface End {
  readonly peer: string;
  open(port: MessagePort, options: EventTargetOptions): PubSubEventTarget;
  /** What an honest peer sends first. */
  readonly greetings: readonly object[];
  /** Frames by the place of the array. */
  readonly frames: Readonly<Record<string, HostileFrame>>;
}

const control = (type: string, id: string, payloadOf: (array: unknown[]) => object): HostileFrame => ({
  frameOf: (array) => ({ type, id, payload: payloadOf(array) }),
});
const ALONE: HostileFrame = { frameOf: (frame) => frame };
const BYE = { frame: { type: "__bye", id: "" }, bytes: 0 };

const ENDS: Readonly<Record<string, End>> = {
  "a host": {
    peer: "a worker",
    open: (port, options) => createWorkerHostEventTarget(port, options),
    greetings: [{ ready: "open" }],
    frames: {
      "topics to subscribe to": control("__subscribe", "1", (topics) => ({ topics })),
      "topics to unsubscribe from": control("__unsubscribe", "1", (topics) => ({ topics })),
      // Without topics, all of a replay ends.
      "topics of a replay": {
        ...control("__unsubscribe", "1", (topics) => ({ replay: "1", topics })),
        stages: [],
      },
      "a frame": ALONE,
    },
  },
  "a thread": {
    peer: "a host",
    open: (port, options) => createWorkerThreadEventTarget(port, options),
    greetings: [{ ready: "hub" }, {
      frame: { type: "__hello", id: "", payload: { version: 1, batch: true } },
      bytes: 0,
    }],
    frames: {
      "topics that are subscribed": control("__subscribed", "1", (topics) => ({ topics })),
      "topics that are refused": control("__revoked", "", (refused) => ({ refused })),
      // A newer request for it is under way.
      "refused topics that share a reason": {
        ...control("__revoked", "", (also) => ({ refused: [{ topic: "b", reason: "no", also }] })),
        stages: [],
      },
      "issues of an event": {
        ...control("__rejected", "", (issues) => ({ topic: "b", reason: "", issues })),
        stages: ["publish"],
      },
      "a frame": ALONE,
    },
  },
};

for (const [name, { peer, open, greetings, frames }] of Object.entries(ENDS)) {
  for (const [what, create] of Object.entries(ARRAYS)) {
    for (const [place, { frameOf, stages = ["decode"] }] of Object.entries(frames)) {
      Deno.test(`${name} outlives ${peer} that sends ${what} as ${place}`, async () => {
        const { port1, port2 } = new MessageChannel();
        const send = (message: object): void => port2.postMessage({ "@alkdev/pubsub": 1, ...message });
        const reports: string[] = [];
        const target = open(port1, { onError: (_error, { stage }) => void reports.push(stage) });
        const heard: string[] = [];
        target.listen("b", undefined, { onEvent: ({ id }) => void heard.push(id) });
        for (const greeting of greetings) send(greeting);
        send({ frame: frameOf(create()), bytes: 0 });
        send({ frame: { type: "b", id: "1" }, bytes: 0 });
        await eventually(() => assertEquals(heard, ["1"]));
        assertEquals(reports, stages, "reported once");
        // Nobody would answer the end's own.
        send(BYE);
        await target.close();
        port1.close();
        port2.close();
      });
    }
  }
}
