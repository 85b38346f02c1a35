import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { Dispatcher } from "../../core/dispatcher.ts";
import type { EventEnvelope } from "../../core/types.ts";
import { ENVELOPE, eventOf, ignore, Owner } from "../support/listener_owner.ts";
import { unhandledRejections } from "../support/unhandled_rejections.ts";

/** The ways in which an envelope reaches the listeners of its topic. */
const WAYS: Record<string, (owner: Owner) => void> = {
  emit: ({ dispatcher }) => dispatcher.emit(ENVELOPE),
  emitOn: ({ dispatcher }) => dispatcher.emitOn("news:1", "news:1", ENVELOPE),
  dispatch: ({ dispatcher }) => void dispatcher.dispatch(eventOf()),
};

/** The two kinds of listeners. */
const KINDS: Record<string, (owner: Owner, hear: () => unknown, topic?: string) => () => void> = {
  "event listener": (owner, hear, topic = "news:1") => {
    const callback = () => hear();
    owner.listeners.addEventListener(topic, callback, false);
    return () => owner.listeners.removeEventListener(topic, callback, false);
  },
  "envelope listener": (owner, hear, topic = "news:1") => owner.listen(topic, { onEvent: () => void hear() }),
};

// Dispatch.

for (const [way, tell] of Object.entries(WAYS)) {
  for (const [kind, listen] of Object.entries(KINDS)) {
    Deno.test(`by ${way}, ${kind}s that remove others during the dispatch leave each of the rest called once`, () => {
      const owner = new Owner();
      const labels: number[] = [];
      const stops: (() => void)[] = [];
      for (let i = 0; i < 100; i++) {
        stops.push(listen(owner, () => {
          labels.push(i);
          // The tenth removes earlier and later listeners, so that the list is compacted during the dispatch.
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

    Deno.test(`by ${way}, ${kind}s that are added during the dispatch are called in the next one, after the others`, () => {
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

    Deno.test(`by ${way}, a nested dispatch calls ${kind}s before the outer one continues`, () => {
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

    Deno.test(`by ${way}, ${kind}s that are added in a dispatch are called in nested ones`, () => {
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

    Deno.test(`by ${way}, ${kind}s that throw are each reported, and the next ones are called`, () => {
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

  Deno.test(`by ${way}, a rejected promise that a listener returns is reported`, async () => {
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

  Deno.test(`by ${way}, an envelope listener gets the envelope itself, with the listener as this`, () => {
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

  Deno.test(`by ${way}, an envelope listener that is registered twice is called twice, and removed one by one`, () => {
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

  Deno.test(`by ${way}, a once listener that dispatches is not called again`, () => {
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

  Deno.test(`by ${way}, a listener object whose handleEvent is not a function is reported`, () => {
    const owner = new Owner();
    // The types forbid this, but untyped callers can pass it.
    owner.listeners.addEventListener("news:1", {} as EventListenerObject, false);
    tell(owner);
    assertEquals(owner.faults.map(({ stage, error }) => [stage, error instanceof TypeError]), [
      ["listener", true],
    ]);
  });
}

Deno.test("an envelope reaches envelope listeners of its topic, its type and * in order, once each", () => {
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
  Deno.test(`by emit, an event listener of ${topic} is called alone, and among envelope listeners of every level`, () => {
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
  Deno.test(`by ${way}, an end of all listeners during a dispatch leaves the following ones uncalled`, () => {
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

Deno.test("an envelope listener that another level removes during the dispatch is not called", () => {
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

Deno.test("an event of a bare type reaches listeners of the type and of *, not of its ids", () => {
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

Deno.test("emitOn calls the listeners of exactly one topic, with the given type", () => {
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

Deno.test("dispatch returns whether no listener prevented the event", () => {
  const owner = new Owner();
  assertEquals(owner.dispatcher.dispatch(new Event("news:1", { cancelable: true })), true);
  owner.listeners.addEventListener("news:1", (event) => event.preventDefault(), false);
  assertEquals(owner.dispatcher.dispatch(new Event("news:1", { cancelable: true })), false);
  assertEquals(owner.dispatcher.dispatch(new Event("news:1")), true);
});

const FOREIGN: unknown[] = [undefined, null, "text", {}, { ...ENVELOPE, id: "2" }, { type: "__x", id: "1" }];

for (const detail of FOREIGN) {
  const text = JSON.stringify(detail);

  Deno.test(`${text} on a topic reaches event listeners, and is reported once for envelope listeners`, () => {
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

Deno.test("a foreign detail is not reported if there are only event listeners", () => {
  const owner = new Owner();
  owner.listeners.addEventListener("news:1", () => {}, false);
  owner.dispatcher.dispatch(eventOf("news:1", "text"));
  owner.dispatcher.emitOn("news:1", "news:1", "text");
  owner.dispatcher.emitOn("news:2", "news:2", "text");
  assertEquals(owner.faults, []);
});

Deno.test("emitTo calls the listeners of the list that onFirstListener gave", () => {
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
