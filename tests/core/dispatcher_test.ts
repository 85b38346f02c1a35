import { assert, assertEquals, assertLess, assertStrictEquals } from "@std/assert";
import type { ListenerList } from "../../core/listener_list.ts";
import { Dispatcher } from "../../core/dispatcher.ts";
import { type ListenerOwner, ListenerTable, type Readiness } from "../../core/listener_table.ts";
import { splitTopic } from "../../core/topic.ts";
import type { EnvelopeListener, ErrorStage, EventEnvelope } from "../../core/types.ts";
import { unhandledRejections } from "../support/unhandled_rejections.ts";

/** An event target with listeners, which records the calls of its hooks. */
class Owner extends EventTarget implements ListenerOwner {
  readonly listeners = new ListenerTable(this);
  readonly dispatcher = new Dispatcher(this, this.listeners);
  /** Which topics were wanted and no longer wanted, in order. */
  readonly told: string[] = [];
  /** The lists of those that were wanted. */
  readonly lists: ListenerList[] = [];
  readonly faults: { stage: ErrorStage; error: unknown; topic: string }[] = [];

  /** @param readiness What `onFirstListener` returns. */
  constructor(readonly readiness: Readiness = "pending") {
    super();
  }

  onFirstListener(topic: string, list: ListenerList): Readiness {
    this.lists.push(list);
    this.told.push(`want ${topic}`);
    return this.readiness;
  }

  onLastListener(topic: string): void {
    this.told.push(`unwant ${topic}`);
  }

  report(stage: ErrorStage, error: unknown, topic: string): void {
    this.faults.push({ stage, error, topic });
  }

  listen(topic: string, listener: EnvelopeListener): () => void {
    return this.listeners.listen(splitTopic(topic), listener);
  }
}

const ENVELOPE: EventEnvelope = { type: "news", id: "1", payload: null };

const ignore = { onEvent() {} } satisfies EnvelopeListener;

function eventOf(type = "news:1", detail: unknown = ENVELOPE): CustomEvent {
  return new CustomEvent(type, { detail });
}

/** The ways in which an envelope reaches the listeners of its topic. */
const WAYS: Record<string, (owner: Owner) => void> = {
  emit: ({ dispatcher }) => dispatcher.emit(ENVELOPE),
  emitOn: ({ dispatcher }) => dispatcher.emitOn("news:1", "news:1", ENVELOPE),
  dispatch: ({ dispatcher }) => void dispatcher.dispatch(eventOf()),
};

/** The two kinds of listeners. */
const KINDS: Record<string, (owner: Owner, hear: () => unknown, topic?: string) => () => void> = {
  callback(owner, hear, topic = "news:1") {
    const callback = () => hear();
    owner.listeners.addEventListener(topic, callback, false);
    return () => owner.listeners.removeEventListener(topic, callback, false);
  },
  observer: (owner, hear, topic = "news:1") => owner.listen(topic, { onEvent: () => void hear() }),
};

// Which topics are wanted.

for (const topic of ["news:1", "news", "*"]) {
  Deno.test(`${topic} is wanted when its first listener comes, and no longer when its last one goes`, () => {
    const owner = new Owner();
    const { listeners, told } = owner;
    const callback = () => {};
    const stop = owner.listen(topic, ignore);
    assertEquals(told, [`want ${topic}`]);
    listeners.addEventListener(topic, callback, false);
    listeners.addEventListener(topic, callback, { once: true });
    const stopAgain = owner.listen(topic, ignore);
    stop();
    stop();
    stopAgain();
    listeners.removeEventListener(topic, callback, true);
    assertEquals([told, listeners.topics, listeners.topicNames()], [[`want ${topic}`], 1, [topic]]);
    listeners.removeEventListener(topic, callback, {});
    listeners.removeEventListener(topic, callback, {});
    stop();
    assertEquals([told, listeners.topics, listeners.topicNames()], [
      [`want ${topic}`, `unwant ${topic}`],
      0,
      [],
    ]);
    listeners.addEventListener(topic, callback, false);
    assertEquals(told.at(-1), `want ${topic}`);
  });
}

Deno.test("a topic is no longer wanted when a signal, or the call of once, removes its last listener", () => {
  const owner = new Owner();
  const { dispatcher, listeners, told } = owner;
  const controller = new AbortController();
  listeners.addEventListener("news:1", () => {}, { signal: controller.signal });
  listeners.addEventListener("news:1", () => {}, { signal: controller.signal });
  controller.abort();
  assertEquals(told, ["want news:1", "unwant news:1"]);
  listeners.addEventListener("news:1", () => {}, { signal: controller.signal });
  assertEquals(told.length, 2);
  listeners.addEventListener("news:1", () => assertEquals(told.at(-1), "unwant news:1"), { once: true });
  dispatcher.emit(ENVELOPE);
  assertEquals(told.slice(2), ["want news:1", "unwant news:1"]);
  assertEquals(owner.faults, []);
});

Deno.test("a callback that was removed no longer waits for its signal", () => {
  const owner = new Owner();
  const controller = new AbortController();
  const calls: string[] = [];
  const callback = () => void calls.push("called");
  owner.listeners.addEventListener("news:1", callback, { signal: controller.signal });
  owner.listeners.removeEventListener("news:1", callback, false);
  owner.listeners.addEventListener("news:1", callback, false);
  controller.abort();
  owner.dispatcher.emit(ENVELOPE);
  assertEquals(calls, ["called"]);
});

Deno.test("the topics that have listeners are told by their names", () => {
  const owner = new Owner();
  for (const topic of ["*", "news", "news:1", "news:", "other:a:b"]) owner.listen(topic, ignore);
  assertEquals(owner.listeners.topicNames().sort(), ["*", "news", "news:", "news:1", "other:a:b"]);
  assertEquals(owner.listeners.topics, 5);
});

// Dispatch.

for (const [way, tell] of Object.entries(WAYS)) {
  for (const [kind, listen] of Object.entries(KINDS)) {
    Deno.test(`by ${way}, ${kind}s that remove others meanwhile let each of the rest be called once`, () => {
      const owner = new Owner();
      const labels: number[] = [];
      const stops: (() => void)[] = [];
      for (let i = 0; i < 100; i++) {
        stops.push(listen(owner, () => {
          labels.push(i);
          // The tenth removes what was called and what was not; the list is compacted under the dispatch.
          if (i === 10) { for (let j = 0; j < 95; j++) if (j % 10 !== 0) stops[j]?.(); }
        }));
      }
      tell(owner);
      const first = Array.from({ length: 11 }, (_, i) => i);
      const rest = [20, 30, 40, 50, 60, 70, 80, 90, 95, 96, 97, 98, 99];
      assertEquals(labels, [...first, ...rest]);
      labels.length = 0;
      tell(owner);
      assertEquals(labels, [0, 10, ...rest]);
    });

    Deno.test(`by ${way}, ${kind}s that were added meanwhile are called next time, after the others`, () => {
      const owner = new Owner();
      const labels: string[] = [];
      const stop = listen(owner, () => {
        labels.push("first");
        stop();
        for (let i = 0; i < 30; i++) listen(owner, () => labels.push(`added ${i}`));
      });
      listen(owner, () => labels.push("second"));
      tell(owner);
      assertEquals(labels, ["first", "second"]);
      labels.length = 0;
      tell(owner);
      assertEquals(labels, ["second", ...Array.from({ length: 30 }, (_, i) => `added ${i}`)]);
    });

    Deno.test(`by ${way}, a dispatch inside a dispatch calls ${kind}s before the outer one goes on`, () => {
      const owner = new Owner();
      const labels: string[] = [];
      let depth = 0;
      listen(owner, () => {
        const mine = ++depth;
        labels.push(`a${mine}`);
        if (mine < 3) tell(owner);
        labels.push(`a${mine} ends`);
      });
      const stop = listen(owner, () => {
        labels.push("b");
        if (labels.filter((label) => label === "b").length === 2) stop();
      });
      listen(owner, () => labels.push("c"));
      tell(owner);
      assertEquals(labels, [
        "a1",
        "a2",
        "a3",
        "a3 ends",
        "b",
        "c",
        "a2 ends",
        // The second call removes it, so that the outermost dispatch does not call it.
        "b",
        "c",
        "a1 ends",
        "c",
      ]);
    });

    Deno.test(`by ${way}, ${kind}s that were added in a dispatch hear those that start inside it`, () => {
      const owner = new Owner();
      const labels: string[] = [];
      const stop = listen(owner, () => {
        stop();
        listen(owner, () => labels.push("added"));
        tell(owner);
        labels.push("inner ended");
      });
      listen(owner, () => labels.push("last"));
      tell(owner);
      assertEquals(labels, ["last", "added", "inner ended", "last"]);
    });

    Deno.test(`by ${way}, ${kind}s that throw are reported, each, and the next ones are called`, () => {
      const owner = new Owner();
      const labels: string[] = [];
      const [first, second] = [new Error("first"), "second"];
      listen(owner, () => {
        throw first;
      });
      listen(owner, () => labels.push("called"));
      listen(owner, () => {
        throw second;
      });
      listen(owner, () => labels.push("called"));
      tell(owner);
      assertEquals(labels, ["called", "called"]);
      assertEquals(owner.faults, [
        { stage: "listener", error: first, topic: "news:1" },
        { stage: "listener", error: second, topic: "news:1" },
      ]);
    });
  }

  Deno.test(`by ${way}, a promise that a listener returns and that rejects is reported`, async () => {
    const owner = new Owner();
    const error = new Error("rejected");
    const reject = () => Promise.reject(error);
    const unhandled = await unhandledRejections(() => {
      owner.listen("news:1", { onEvent: reject });
      tell(owner);
      owner.listeners.addEventListener("news:1", reject, false);
      tell(owner);
    });
    assertEquals(unhandled, []);
    assertEquals(owner.faults, Array(3).fill({ stage: "listener", error, topic: "news:1" }));
  });

  Deno.test(`by ${way}, an observer hears the envelope itself, as this being itself`, () => {
    const owner = new Owner();
    const heard: unknown[] = [];
    const listener = {
      onEvent(envelope: EventEnvelope) {
        heard.push(this === listener, envelope === ENVELOPE);
      },
    };
    owner.listen("news:1", listener);
    tell(owner);
    owner.listeners.addEventListener("news:1", () => {}, false);
    tell(owner);
    assertEquals(heard, [true, true, true, true]);
  });

  Deno.test(`by ${way}, an observer that is registered twice hears twice, and is removed one by one`, () => {
    const owner = new Owner();
    let calls = 0;
    const listener = { onEvent: () => void calls++ };
    const stop = owner.listen("news:1", listener);
    owner.listen("news:1", listener);
    tell(owner);
    assertEquals(calls, 2);
    stop();
    tell(owner);
    assertEquals(calls, 3);
  });

  Deno.test(`by ${way}, a once callback that dispatches is not called again`, () => {
    const owner = new Owner();
    const labels: string[] = [];
    owner.listeners.addEventListener("news:1", () => {
      labels.push("once");
      tell(owner);
      labels.push("ended");
    }, { once: true });
    owner.listeners.addEventListener("news:1", () => labels.push("other"), false);
    tell(owner);
    assertEquals(labels, ["once", "other", "ended", "other"]);
  });

  Deno.test(`by ${way}, stopping an inner dispatch does not stop the outer one`, () => {
    const owner = new Owner();
    const labels: string[] = [];
    let inner = false;
    owner.listeners.addEventListener("news:1", () => {
      if (inner) return;
      inner = true;
      tell(owner);
      inner = false;
    }, false);
    owner.listeners.addEventListener("news:1", (event) => {
      labels.push("stopper");
      if (inner) event.stopImmediatePropagation();
    }, false);
    owner.listen("news:1", { onEvent: () => void labels.push("last") });
    tell(owner);
    assertEquals(labels, ["stopper", "stopper", "last"]);
  });

  Deno.test(`by ${way}, a callback object whose handleEvent is no function is reported`, () => {
    const owner = new Owner();
    // The type does not allow it; at run time anybody can.
    owner.listeners.addEventListener("news:1", {} as EventListenerObject, false);
    tell(owner);
    assertEquals(owner.faults.map(({ stage, error }) => [stage, error instanceof TypeError]), [
      ["listener", true],
    ]);
  });
}

Deno.test("an envelope reaches observers of its topic, its type and everything in order, once each", () => {
  const owner = new Owner();
  const labels: string[] = [];
  for (const topic of ["*", "other", "news", "news:2", "news:1", "*:1"]) {
    owner.listen(topic, { onEvent: () => void labels.push(topic) });
  }
  owner.dispatcher.emit(ENVELOPE);
  assertEquals(labels, ["news:1", "news", "*"]);
  labels.length = 0;
  owner.dispatcher.dispatch(eventOf());
  assertEquals(labels, ["news:1", "news", "*"]);
  labels.length = 0;
  owner.dispatcher.emit({ type: "news", id: "3", payload: null });
  assertEquals(labels, ["news", "*"]);
});

for (const topic of ["news:1", "news", "*"]) {
  Deno.test(`by emit, a callback of ${topic} hears alone, and among observers of every level`, () => {
    const owner = new Owner();
    const labels: string[] = [];
    owner.listeners.addEventListener(topic, () => labels.push("callback"), false);
    owner.dispatcher.emit(ENVELOPE);
    assertEquals(labels, ["callback"]);
    for (const each of ["news:1", "news", "*"]) {
      owner.listen(each, { onEvent: () => void labels.push(each) });
    }
    labels.length = 0;
    owner.dispatcher.emit(ENVELOPE);
    const at = labels.indexOf("callback");
    assertEquals([labels.length, labels[at + 1]], [4, topic]);
    assertEquals(labels.filter((label) => label !== "callback"), ["news:1", "news", "*"]);
  });
}

for (const [way, tell] of Object.entries(WAYS)) {
  Deno.test(`by ${way}, an end of all listeners during a dispatch leaves those that follow uncalled`, () => {
    const owner = new Owner();
    const labels: string[] = [];
    owner.listeners.addEventListener("news:1", () => owner.listeners.endAll(undefined), false);
    owner.listeners.addEventListener("news:1", () => labels.push("callback"), false);
    owner.listen("news:1", {
      onEvent: () => void labels.push("heard"),
      onEnd: () => void labels.push("ended"),
    });
    tell(owner);
    assertEquals(labels, ["ended"]);
  });
}

Deno.test("an observer that another level removes meanwhile is not called", () => {
  for (const tell of [WAYS["emit"], WAYS["dispatch"]]) {
    const owner = new Owner();
    const labels: string[] = [];
    const stop = owner.listen("*", { onEvent: () => void labels.push("*") });
    owner.listen("news", {
      onEvent() {
        labels.push("news");
        stop();
        owner.listen("*", { onEvent: () => void labels.push("added") });
      },
    });
    tell?.(owner);
    assertEquals(labels, ["news"]);
  }
});

Deno.test("the event of a type is heard by listeners of it and of everything, not of its ids", () => {
  const owner = new Owner();
  const labels: string[] = [];
  for (const topic of ["*", "news", "news:1"]) {
    owner.listeners.addEventListener(topic, (event) => labels.push(`${topic} hears ${event.type}`), false);
    owner.listen(topic, { onEvent: ({ id }) => void labels.push(`${topic} observes ${id}`) });
  }
  owner.dispatcher.dispatch(eventOf("news"));
  assertEquals(labels, ["news hears news", "news observes 1", "* hears news", "* observes 1"]);
  labels.length = 0;
  owner.dispatcher.dispatch(eventOf("*"));
  assertEquals(labels, ["* hears *", "* observes 1"]);
});

Deno.test("emitOn tells the listeners of exactly one topic, with the type that is asked for", () => {
  const owner = new Owner();
  const labels: string[] = [];
  for (const topic of ["*", "news", "news:1"]) {
    owner.listeners.addEventListener(topic, (event) => labels.push(`${topic} hears ${event.type}`), false);
    owner.listen(topic, { onEvent: () => void labels.push(`${topic} observes`) });
  }
  owner.dispatcher.emitOn("news", "news:1", ENVELOPE);
  assertEquals(labels, ["news hears news:1", "news observes"]);
  labels.length = 0;
  owner.dispatcher.emitOn("news:2", "news:2", ENVELOPE);
  assertEquals(labels, []);
});

Deno.test("dispatch returns whether nobody prevented the event", () => {
  const owner = new Owner();
  assertEquals(owner.dispatcher.dispatch(new Event("news:1", { cancelable: true })), true);
  owner.listeners.addEventListener("news:1", (event) => event.preventDefault(), false);
  assertEquals(owner.dispatcher.dispatch(new Event("news:1", { cancelable: true })), false);
  assertEquals(owner.dispatcher.dispatch(new Event("news:1")), true);
});

const FOREIGN: unknown[] = [undefined, null, "text", {}, { ...ENVELOPE, id: "2" }, { type: "__x", id: "1" }];

for (const detail of FOREIGN) {
  const text = JSON.stringify(detail);

  Deno.test(`${text} on a topic is heard by callbacks, and reported once instead of being observed`, () => {
    const tellings: ((dispatcher: Dispatcher) => void)[] = [
      (dispatcher) => dispatcher.emitOn("news:1", "news:1", detail),
      (dispatcher) => void dispatcher.dispatch(new CustomEvent("news:1", { detail })),
    ];
    for (const tell of tellings) {
      const owner = new Owner();
      const heard: unknown[] = [];
      owner.listen("news:1", { onEvent: (envelope) => void heard.push(envelope) });
      owner.listen("news:1", { onEvent: (envelope) => void heard.push(envelope) });
      tell(owner.dispatcher);
      assertEquals([heard.length, owner.faults.length], [0, 1]);
      owner.listeners.addEventListener("news:1", (event) => heard.push((event as CustomEvent).detail), false);
      tell(owner.dispatcher);
      assertEquals(heard.length, 1);
      assertStrictEquals(heard[0], detail);
      assertEquals(owner.faults.map(({ stage, topic }) => [stage, topic]), [
        ["decode", "news:1"],
        ["decode", "news:1"],
      ]);
      assert(owner.faults.every(({ error }) => error instanceof TypeError && /"news:1"/.test(error.message)));
    }
  });
}

Deno.test("a foreign detail that only callbacks hear is nobody's fault", () => {
  const owner = new Owner();
  owner.listeners.addEventListener("news:1", () => {}, false);
  owner.dispatcher.dispatch(eventOf("news:1", "text"));
  owner.dispatcher.emitOn("news:1", "news:1", "text");
  owner.dispatcher.emitOn("news:2", "news:2", "text");
  assertEquals(owner.faults, []);
});

// Acknowledgement.

Deno.test("an observer is told once that it is ready, when its topic is acknowledged", () => {
  const owner = new Owner();
  const labels: string[] = [];
  owner.listen("news:1", { ...ignore, onReady: () => void labels.push("first") });
  owner.listen("news:1", { ...ignore, onReady: () => void labels.push("second") });
  owner.listen("news:2", { ...ignore, onReady: () => void labels.push("other topic") });
  owner.listen("news:1", ignore);
  owner.listeners.addEventListener("news:1", () => {}, false);
  assertEquals(labels, []);
  owner.listeners.acknowledge("news:1");
  owner.listeners.acknowledge("news:1");
  owner.listeners.acknowledge("nobody");
  assertEquals([labels, owner.faults], [["first", "second"], []]);
  owner.listen("news:1", { ...ignore, onReady: () => void labels.push("late") });
  assertEquals(labels, ["first", "second", "late"]);
});

Deno.test("an observer is ready at once where the far end need not be waited for", () => {
  const owner = new Owner("ready");
  const labels: string[] = [];
  owner.listen("news:1", { ...ignore, onReady: () => void labels.push("first") });
  owner.listen("news:1", { ...ignore, onReady: () => void labels.push("second") });
  assertEquals(labels, ["first", "second"]);
});

Deno.test("who listens while nothing is acknowledged waits for it, and who was told before is not told again", () => {
  const owner = new Owner();
  const labels: string[] = [];
  owner.listen("news:1", { ...ignore, onReady: () => void labels.push("before") });
  owner.listeners.acknowledge("news:1");
  owner.listeners.suspend();
  owner.listen("news:1", { ...ignore, onReady: () => void labels.push("meanwhile") });
  assertEquals(labels, ["before"]);
  owner.listeners.acknowledge("news:1");
  assertEquals(labels, ["before", "meanwhile"]);
  owner.listen("news:1", { ...ignore, onReady: () => void labels.push("after") });
  assertEquals(labels, ["before", "meanwhile", "after"]);
});

Deno.test("emitTo tells the list that was wanted, without looking it up", () => {
  const owner = new Owner();
  const labels: string[] = [];
  owner.listeners.addEventListener("news", (event) => labels.push(`hears ${event.type}`), false);
  owner.listen("news", { onEvent: ({ id }) => void labels.push(`observes ${id}`) });
  const [list] = owner.lists;
  assert(list !== undefined);
  owner.dispatcher.emitTo(list, "news:1", ENVELOPE);
  assertEquals(labels, ["hears news:1", "observes 1"]);
  owner.dispatcher.emitTo(list, "news:2", ENVELOPE);
  assertEquals(labels, ["hears news:1", "observes 1", "hears news:2"]);
});

Deno.test("a topic whose last listener went has to be acknowledged again", () => {
  const owner = new Owner();
  const labels: string[] = [];
  owner.listen("news:1", ignore)();
  owner.listeners.acknowledge("news:1");
  const stop = owner.listen("news:1", { ...ignore, onReady: () => void labels.push("first") });
  assertEquals(labels, []);
  owner.listeners.acknowledge("news:1");
  stop();
  owner.listen("news:1", { ...ignore, onReady: () => void labels.push("second") });
  assertEquals(labels, ["first"]);
});

Deno.test("an observer that is removed while others get ready is not told, an added one is told once", () => {
  const owner = new Owner();
  const labels: string[] = [];
  owner.listen("news:1", {
    ...ignore,
    onReady() {
      labels.push("first");
      stop();
      owner.listen("news:1", { ...ignore, onReady: () => void labels.push("added") });
    },
  });
  const stop = owner.listen("news:1", { ...ignore, onReady: () => void labels.push("removed") });
  owner.listen("news:1", { ...ignore, onReady: () => void labels.push("last") });
  owner.listeners.acknowledge("news:1");
  assertEquals(labels, ["first", "added", "last"]);
});

// Ends.

Deno.test("endTopic ends the observers of one topic, removed already, and keeps callbacks", () => {
  const owner = new Owner();
  const labels: unknown[] = [];
  const error = new Error("refused");
  const listener = {
    onEvent: () => void labels.push("observed"),
    onEnd(reason: Error | undefined) {
      labels.push(this === listener, reason === error);
      owner.dispatcher.emit(ENVELOPE);
    },
  };
  owner.listen("news:1", listener);
  owner.listen("news:2", { ...ignore, onEnd: () => void labels.push("another topic") });
  owner.listeners.addEventListener("news:1", () => labels.push("called"), false);
  assertEquals(owner.listeners.endTopic("news:1", error), true);
  assertEquals(labels, [true, true, "called"]);
  assertEquals(owner.listeners.topics, 2);
});

Deno.test("an observer that does not care about its end is nobody's fault", () => {
  const owner = new Owner();
  owner.listen("news:1", ignore);
  owner.listeners.endTopic("news:1", new Error("refused"));
  owner.listen("news:1", ignore);
  owner.listeners.endAll(undefined);
  assertEquals(owner.faults, []);
});

Deno.test("endTopic tells whether the topic had listeners", () => {
  const owner = new Owner();
  owner.listen("news:1", ignore);
  assertEquals(owner.listeners.endTopic("news:2", new Error("refused")), false);
  assertEquals(owner.listeners.endTopic("news", new Error("refused")), false);
  assertEquals(owner.listeners.endTopic("news:1", new Error("refused")), true);
  assertEquals(owner.listeners.endTopic("news:1", new Error("refused")), false);
});

Deno.test("a refused topic is not given back, since the far end has it no longer", () => {
  const owner = new Owner();
  const callback = () => {};
  owner.listen("news:1", ignore);
  owner.listen("news:1", ignore);
  owner.listeners.endTopic("news:1", new Error("refused"));
  assertEquals([owner.told, owner.listeners.topics], [["want news:1"], 0]);
  owner.listen("news:2", ignore);
  owner.listeners.addEventListener("news:2", callback, false);
  owner.listeners.endTopic("news:2", new Error("refused"));
  owner.listeners.removeEventListener("news:2", callback, false);
  assertEquals([owner.told, owner.listeners.topics], [["want news:1", "want news:2"], 0]);
});

Deno.test("a refused topic asks again when it is listened to again, and is given back then", () => {
  const owner = new Owner();
  const labels: string[] = [];
  const callback = () => {};
  owner.listeners.addEventListener("news:1", callback, false);
  owner.listeners.acknowledge("news:1");
  owner.listeners.endTopic("news:1", new Error("refused"));
  const stop = owner.listen("news:1", { ...ignore, onReady: () => void labels.push("ready") });
  owner.listen("news:1", ignore)();
  assertEquals([owner.told, labels], [["want news:1", "want news:1"], []]);
  owner.listeners.acknowledge("news:1");
  assertEquals(labels, ["ready"]);
  stop();
  owner.listeners.removeEventListener("news:1", callback, false);
  assertEquals(owner.told, ["want news:1", "want news:1", "unwant news:1"]);
});

Deno.test("a refused topic that still has a callback asks again for the next callback, too", () => {
  const owner = new Owner();
  owner.listeners.addEventListener("news:1", () => {}, false);
  owner.listeners.endTopic("news:1", new Error("refused"));
  owner.listeners.addEventListener("news:1", () => {}, false);
  assertEquals(owner.told, ["want news:1", "want news:1"]);
});

Deno.test("an observer that listens again in onEnd asks again, and is not ended by the same end", () => {
  for (const others of [0, 2]) {
    const owner = new Owner();
    const labels: string[] = [];
    const listener: EnvelopeListener = {
      onEvent: () => void labels.push("heard"),
      onEnd() {
        labels.push("ended");
        owner.listen("news:1", listener);
      },
    };
    owner.listen("news:1", listener);
    for (let i = 0; i < others; i++) {
      owner.listen("news:1", {
        ...ignore,
        onEnd: () => void labels.push("other"),
      });
    }
    owner.listeners.endTopic("news:1", new Error("refused"));
    assertEquals(labels, ["ended", ...Array(others).fill("other")]);
    assertEquals([owner.told, owner.listeners.topics], [["want news:1", "want news:1"], 1]);
    owner.dispatcher.emit(ENVELOPE);
    assertEquals(labels.at(-1), "heard");
  }
});

Deno.test("an observer that another one removes in its onEnd is not told", () => {
  for (const end of ["endTopic", "endAll"] as const) {
    const owner = new Owner();
    const labels: string[] = [];
    owner.listen("news:1", {
      ...ignore,
      onEnd() {
        labels.push("first");
        stop();
      },
    });
    const stop = owner.listen("news:1", { ...ignore, onEnd: () => void labels.push("removed") });
    owner.listen("news:1", { ...ignore, onEnd: () => void labels.push("last") });
    if (end === "endAll") owner.listeners.endAll(undefined);
    else owner.listeners.endTopic("news:1", new Error("refused"));
    assertEquals(labels, ["first", "last"]);
    assertEquals(owner.listeners.topics, 0);
  }
});

Deno.test("endAll ends every observer with the error, and forgets callbacks and their signals", () => {
  for (const error of [undefined, new Error("lost")]) {
    const owner = new Owner();
    const labels: unknown[] = [];
    const controller = new AbortController();
    for (const topic of ["*", "news", "news:1"]) {
      owner.listen(topic, { ...ignore, onEnd: (reason) => void labels.push(topic, reason) });
      owner.listeners.addEventListener(topic, () => labels.push("called"), { signal: controller.signal });
    }
    owner.listeners.endAll(error);
    owner.dispatcher.emit(ENVELOPE);
    controller.abort();
    assertEquals(labels, ["*", error, "news", error, "news:1", error]);
    assertEquals(owner.told.slice(3), ["unwant *", "unwant news", "unwant news:1"]);
    assertEquals([owner.listeners.topics, owner.faults], [0, []]);
    owner.listeners.endAll(error);
    assertEquals(owner.told.length, 6);
  }
});

Deno.test("endAll gives each topic back once, also where one observer removes others in its onEnd", () => {
  const owner = new Owner();
  const stops: (() => void)[] = [];
  const stopAll = { ...ignore, onEnd: () => stops.forEach((stop) => stop()) };
  for (const topic of ["news:1", "news:2"]) {
    for (let i = 0; i < 2; i++) stops.push(owner.listen(topic, stopAll));
  }
  owner.listeners.endAll(undefined);
  assertEquals(owner.told, ["want news:1", "want news:2", "unwant news:1", "unwant news:2"]);
});

for (const method of ["onReady", "onEnd"] as const) {
  const tell = (owner: Owner): void => {
    if (method === "onReady") owner.listeners.acknowledge("news:1");
    else owner.listeners.endAll(undefined);
  };

  Deno.test(`an observer whose ${method} throws is reported, and the next one is told`, () => {
    const owner = new Owner();
    const labels: string[] = [];
    const error = new Error("thrown");
    owner.listen("news:1", {
      ...ignore,
      [method]: () => {
        throw error;
      },
    });
    owner.listen("news:1", { ...ignore, [method]: () => void labels.push("next") });
    tell(owner);
    assertEquals(labels, ["next"]);
    assertEquals(owner.faults, [{ stage: "listener", error, topic: "news:1" }]);
  });

  Deno.test(`an observer whose ${method} returns a promise that rejects is reported`, async () => {
    const owner = new Owner();
    const error = new Error("rejected");
    const unhandled = await unhandledRejections(() => {
      owner.listen("news:1", { ...ignore, [method]: () => Promise.reject(error) });
      tell(owner);
    });
    assertEquals(unhandled, []);
    assertEquals(owner.faults, [{ stage: "listener", error, topic: "news:1" }]);
  });
}

// Cost.

/** In which order of their registration listeners are removed. */
const ORDERS: Record<string, (count: number) => number[]> = {
  "first in, first out": (count) => Array.from({ length: count }, (_, i) => i),
  "last in, first out": (count) => Array.from({ length: count }, (_, i) => count - 1 - i),
  // A stride that is prime to the count visits each once, far from the last.
  "random": (count) => Array.from({ length: count }, (_, i) => (i * 61_803 + 7) % count),
  "from both ends": (count) =>
    Array.from({ length: count }, (_, i) => i % 2 === 0 ? i / 2 : count - (i + 1) / 2),
};

/** Adds listeners to one topic and removes them; returns how long it took, in milliseconds. */
function timeToComeAndGo(kind: string, order: readonly number[]): number {
  const owner = new Owner();
  const callbacks = order.map(() => () => {});
  const controller = new AbortController();
  const start = performance.now();
  if (kind === "observers") {
    const stops = order.map(() => owner.listen("news:1", ignore));
    for (const i of order) stops[i]?.();
  } else {
    const options = kind === "callbacks with a signal" ? { signal: controller.signal } : false;
    for (const callback of callbacks) owner.listeners.addEventListener("news:1", callback, options);
    for (const i of order) {
      const callback = callbacks[i];
      if (callback !== undefined) owner.listeners.removeEventListener("news:1", callback, false);
    }
  }
  const elapsed = performance.now() - start;
  assertEquals(owner.listeners.topics, 0);
  return elapsed;
}

/**
 * Asserts that ten times as many take far less than a hundred times as long: one costs the same among many as
 * among few. Caches and other processes only make it slower, so that one good measurement will do.
 */
function assertLinear(time: (count: number) => number): void {
  const ratios: number[] = [];
  const deadline = performance.now() + 5000;
  do {
    const fewMs = Math.min(time(10_000), time(10_000), time(10_000));
    ratios.push(time(100_000) / fewMs);
  } while (Math.min(...ratios) >= 80 && performance.now() < deadline);
  assertLess(Math.min(...ratios), 80);
}

for (const kind of ["observers", "callbacks", "callbacks with a signal"]) {
  for (const [name, orderOf] of Object.entries(ORDERS)) {
    Deno.test(`100,000 ${kind} of one topic come and go in linear time, ${name}`, () => {
      assertLinear((count) => timeToComeAndGo(kind, orderOf(count)));
    });
  }
}

Deno.test("100,000 callbacks that share a signal are removed by it in linear time", () => {
  assertLinear((count) => {
    const { listeners } = new Owner();
    const controller = new AbortController();
    for (let i = 0; i < count; i++) {
      listeners.addEventListener("news:1", () => {}, { signal: controller.signal });
    }
    const start = performance.now();
    controller.abort();
    const elapsed = performance.now() - start;
    assertEquals(listeners.topics, 0);
    return elapsed;
  });
});

// Both kinds of listeners, level by level.

Deno.test("an event reaches both kinds of listeners, level by level, until it is stopped", () => {
  const owner = new Owner();
  const heard: unknown[] = [];
  const event = eventOf();
  owner.listeners.addEventListener("news:1", function (this: unknown, given: Event) {
    heard.push("function", this === owner, given === event);
  }, false);
  const object = {
    handleEvent(given: Event) {
      heard.push("object", this === object, given === event);
    },
  };
  owner.listeners.addEventListener("news:1", object, false);
  owner.listen("news", {
    onEvent(envelope) {
      heard.push("envelope", envelope === ENVELOPE);
      event.stopImmediatePropagation();
    },
  });
  owner.listeners.addEventListener("news", () => heard.push("stopped"), false);
  owner.listen("*", { onEvent: () => void heard.push("stopped") });
  owner.dispatcher.dispatch(event);
  assertEquals(heard, ["function", true, true, "object", true, true, "envelope", true]);
  assertEquals(owner.faults, []);
});

Deno.test("an event without an envelope is reported once, however many levels have listeners of envelopes", () => {
  const owner = new Owner();
  const heard: unknown[] = [];
  const refuse = { onEvent: () => assert(false) };
  for (const topic of ["news:1", "news:1", "news", "*"]) owner.listen(topic, refuse);
  owner.listeners.addEventListener("news", () => heard.push("event listener"), false);
  owner.dispatcher.dispatch(eventOf("news:1", "text"));
  assertEquals(heard, ["event listener"]);
  assertEquals(owner.faults.map(({ stage, error, topic }) => [stage, String(error), topic]), [[
    "decode",
    'TypeError: Cannot deliver "text" on "news:1": it is not an envelope of that topic',
    "news:1",
  ]]);
});

Deno.test("a once listener is removed before its call", () => {
  const owner = new Owner();
  const sizes: (number | undefined)[] = [];
  owner.listen("news:1", ignore);
  const [list] = owner.lists;
  owner.listeners.addEventListener("news:1", () => sizes.push(list?.size), { once: true });
  sizes.push(list?.size);
  owner.dispatcher.dispatch(eventOf());
  assertEquals(sizes, [2, 1]);
});

Deno.test("a detail that is no envelope is reported with the topic that it arrived on", () => {
  const owner = new Owner();
  owner.listen("news", ignore);
  owner.dispatcher.emitOn("news", "news", { text: "x" });
  const [fault] = owner.faults;
  assertEquals([fault?.stage, fault?.topic, owner.faults.length], ["decode", "news", 1]);
  assertEquals(
    String(fault?.error),
    'TypeError: Cannot deliver {"text":"x"} on "news": it is not an envelope of that topic',
  );
});
