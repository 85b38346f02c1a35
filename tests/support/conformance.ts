/**
 * The behaviour that every event target has, whatever it carries events over. A target passes by giving two ends:
 * what is published on `near` is heard on `far`. Where a target may differ, {@linkcode LACKS} says so, and why.
 */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  createPubSub,
  type ErrorContext,
  type EventEnvelope,
  type PubSub,
  type PubSubEventTarget,
  type Subscription,
} from "@alkdev/pubsub";
import { eventually } from "./eventually.ts";

/** What some targets lack, with the sentence of DESIGN.md §5 that lets them. */
const LACKS = {
  "built-in EventTarget": {
    levels:
      "publish then dispatches on the topic, the bare type and `*`, so those subscriptions work there among users of our createPubSub.",
    interface: "Any EventTarget (the built-in one, graphql-yoga's) works as eventTarget.",
    encoding: "In-process: yes, synchronously.",
    ends: "The local close() ends subscriptions normally.",
  },
  "in-process": {
    encoding: "In-process: yes, synchronously.",
    envelopesOnly: "in-process and Redis carry any detail on any event type",
    ends: "Any end from the far side [...]: there is no far side in a process.",
  },
  redis: {
    levels: "where a channel and a pattern both match, each listener hears it once.",
    envelopesOnly: "in-process and Redis carry any detail on any event type",
    ends: "The adapter never closes clients that it did not create: no target ends another one.",
    prevention: "`dispatchEvent` returns `true` unless a cancelable event was prevented in-process",
  },
  "redis sharded": {
    levels: "bare types and `*` are refused there with an error that says what to do",
    bareTypes: "bare types and `*` are refused there with an error that says what to do",
    anyDetail: "bare types and `*` are refused there with an error that says what to do",
    envelopesOnly: "in-process and Redis carry any detail on any event type",
    ends: "The adapter never closes clients that it did not create: no target ends another one.",
    prevention: "`dispatchEvent` returns `true` unless a cancelable event was prevented in-process",
    order: "Cluster and `sharded` take the form that keeps per-topic order: two topics may be on two shards.",
  },
  "link to hub": {
    prevention: "`dispatchEvent` returns `true` unless a cancelable event was prevented in-process",
    echo: "Link, hub, worker, Iroh: no — they carry events to the other side",
    anyDetail: "Link, hub, worker and Iroh targets need an envelope whose topic is the event's type",
  },
  "hub to link": {
    prevention: "`dispatchEvent` returns `true` unless a cancelable event was prevented in-process",
    echo: "Link, hub, worker, Iroh: no — they carry events to the other side",
    anyDetail: "Link, hub, worker and Iroh targets need an envelope whose topic is the event's type",
  },
  "hub to reconnecting link": {
    prevention: "`dispatchEvent` returns `true` unless a cancelable event was prevented in-process",
    echo: "Link, hub, worker, Iroh: no — they carry events to the other side",
    anyDetail: "Link, hub, worker and Iroh targets need an envelope whose topic is the event's type",
    ends:
      "any loss for good ends them with ConnectionLostError: one after which it connects again is not for good",
  },
  "over an upstream": {
    ends: "Any end from the far side [...]: of a spoke, the upstream and the other spokes are no far side.",
    prevention: "`dispatchEvent` returns `true` unless a cancelable event was prevented in-process",
    anyDetail: "Link, hub, worker and Iroh targets need an envelope whose topic is the event's type",
  },
} as const satisfies Record<string, Partial<Record<Capability, string>>>;

type Capability =
  | "levels"
  | "interface"
  | "encoding"
  | "echo"
  | "anyDetail"
  | "bareTypes"
  | "envelopesOnly"
  | "ends"
  | "prevention"
  | "order";

/** A fault that one of the ends reported. */
export interface Fault {
  readonly error: unknown;
  readonly context: ErrorContext;
}

/** Two ends of an open event target. */
export interface Ends<TTarget extends EventTarget = EventTarget> extends AsyncDisposable {
  /** Where events are published. */
  readonly near: TTarget;
  /** Where they are heard; the same as `near` where a target has no sides. */
  readonly far: TTarget;
  /** What was reported on either end. */
  readonly faults: Fault[];
  /** Resolves when all that was asked for and published has arrived. */
  settle(): Promise<void>;
  /** Cuts the connection, where there is one. */
  cut?(): void;
}

/** How to test one event target. */
export interface Subject {
  /** Its row in {@linkcode LACKS}. */
  readonly kind: keyof typeof LACKS;
  /** Whether the transport's own package leaves a timer running for a moment after a large message. */
  readonly shrinksLater?: boolean;
  /** Payloads that it cannot encode; those that JSON cannot, if it does not say. */
  readonly unencodable?: readonly unknown[];
  /** Opens a fresh pair of ends. */
  open(): Promise<Ends>;
}

type Events = { news: unknown; other: unknown };

function envelopeOf(type: string, id: string, payload: unknown = null): EventEnvelope {
  return { type, id, payload };
}

function eventOf(type: string, id: string, payload: unknown = null): CustomEvent<EventEnvelope> {
  return new CustomEvent(`${type}:${id}`, { detail: envelopeOf(type, id, payload) });
}

function asPubSubTarget(target: EventTarget): PubSubEventTarget {
  assert("listen" in target && "publish" in target, "This test is for targets with the whole interface");
  // Narrowed by the assertion above; the suite uses the rest of the interface only where the kind has it.
  return target as PubSubEventTarget;
}

function notJson(): unknown[] {
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  return [5n, cycle, () => {}, Symbol("s")];
}

/**
 * Runs the suite over an event target.
 *
 * @param name How the tests are called.
 * @param subject The target.
 */
export function testEventTarget(
  name: string,
  { kind, shrinksLater = false, unencodable = notJson(), open }: Subject,
): void {
  const lacks: Partial<Record<Capability, string>> = LACKS[kind];
  /** Listens to every id of the type, or to the one that the tests publish where a target cannot. */
  const anyId = lacks.bareTypes === undefined ? undefined : "1";
  const subscribeToNews = ({ subscribe }: PubSub<Events>): Subscription<EventEnvelope> =>
    anyId === undefined ? subscribe("news") : subscribe("news", anyId);

  /** A test of what every target does, or of a capability that this one has. */
  function test(
    sentence: string,
    body: (ends: Ends) => Promise<void> | void,
    capability?: Capability,
    large = false,
  ): void {
    if (capability !== undefined && lacks[capability] !== undefined) return;
    Deno.test({
      name: `${name}: ${sentence}`,
      timeout: 20_000,
      sanitizeOps: !(large && shrinksLater),
      sanitizeResources: !(large && shrinksLater),
      async fn() {
        // Without "using", which Node 20 does not have.
        const ends = await open();
        try {
          await body(ends);
        } finally {
          await ends[Symbol.asyncDispose]();
        }
      },
    });
  }

  /** What a list of listeners heard of one dispatch, in order. */
  async function heardBy(
    ends: Ends,
    register: (far: EventTarget, heard: (label: string) => (event: Event) => void) => void,
    ...events: Event[]
  ): Promise<string[]> {
    const labels: string[] = [];
    register(ends.far, (label) => () => labels.push(label));
    await ends.settle();
    for (const event of events.length > 0 ? events : [eventOf("news", "1")]) ends.near.dispatchEvent(event);
    await ends.settle();
    return labels;
  }

  // What the DOM says of listeners.

  test("a listener hears the event of its topic, with the topic as type and the envelope as detail", async (ends) => {
    const events: Event[] = [];
    ends.far.addEventListener("news:1", (event) => events.push(event));
    await ends.settle();
    ends.near.dispatchEvent(eventOf("news", "1", { text: "hé 🎈", list: [1, null] }));
    await ends.settle();
    assertEquals(events.map(({ type }) => type), ["news:1"]);
    const [event] = events;
    assertInstanceOf(event, CustomEvent);
    assertEquals(event.detail, envelopeOf("news", "1", { text: "hé 🎈", list: [1, null] }));
  });

  test("a listener hears neither another id nor another type", async (ends) => {
    const labels = await heardBy(
      ends,
      (far, heard) => far.addEventListener("news:1", heard("mine")),
      eventOf("news", "2"),
      eventOf("other", "1"),
      eventOf("news", "1:1"),
      eventOf("news", "1"),
    );
    assertEquals(labels, ["mine"]);
  });

  test("an id may contain the separator, and be empty", async (ends) => {
    const labels = await heardBy(
      ends,
      (far, heard) => {
        far.addEventListener("news:a:b", heard("a:b"));
        far.addEventListener("news:", heard("empty"));
      },
      eventOf("news", "a:b"),
      eventOf("news", ""),
    );
    assertEquals(lacks.order === undefined ? labels : labels.toSorted(), ["a:b", "empty"]);
  });

  test("the same callback counts once, and once more with the other capture", async (ends) => {
    const labels = await heardBy(
      ends,
      (far, heard) => {
        const callback = heard("called");
        far.addEventListener("news:1", callback);
        far.addEventListener("news:1", callback, { once: true });
        far.addEventListener("news:1", callback, false);
        far.addEventListener("news:1", callback, true);
        far.addEventListener("news:1", callback, { capture: true });
      },
      eventOf("news", "1"),
      eventOf("news", "1"),
    );
    assertEquals(labels.length, 4);
  });

  test("a callback is removed with the capture that it was added with", async (ends) => {
    const labels = await heardBy(ends, (far, heard) => {
      const callback = heard("bubbling");
      far.addEventListener("news:1", callback);
      far.removeEventListener("news:1", callback, true);
      const removed = heard("removed");
      far.addEventListener("news:1", removed, true);
      far.removeEventListener("news:1", removed, { capture: true });
      far.removeEventListener("news:1", heard("never added"));
    });
    assertEquals(labels, ["bubbling"]);
  });

  test("listeners are called in the order of their registration", async (ends) => {
    const labels = await heardBy(ends, (far, heard) => {
      for (const label of ["a", "b", "c", "d"]) far.addEventListener("news:1", heard(label));
      far.addEventListener("news:1", { handleEvent: heard("e") });
    });
    assertEquals(labels, ["a", "b", "c", "d", "e"]);
  });

  test("a once listener is called once, and may dispatch again", async (ends) => {
    const labels = await heardBy(
      ends,
      (far, heard) => {
        far.addEventListener("news:1", heard("once"), { once: true });
      },
      eventOf("news", "1"),
      eventOf("news", "1"),
    );
    assertEquals(labels, ["once"]);
  });

  test("an object hears by its handleEvent, looked up at each event, with itself as this", async (ends) => {
    const labels: string[] = [];
    const listener = {
      name: "first",
      handleEvent() {
        labels.push(this.name);
      },
    };
    ends.far.addEventListener("news:1", listener);
    await ends.settle();
    ends.near.dispatchEvent(eventOf("news", "1"));
    await ends.settle();
    listener.name = "second";
    listener.handleEvent = () => void labels.push("replaced");
    ends.near.dispatchEvent(eventOf("news", "1"));
    await ends.settle();
    assertEquals(labels, ["first", "replaced"]);
  });

  test("an aborted signal removes a listener, and one that aborted before adds none", async (ends) => {
    const controller = new AbortController();
    const labels = await heardBy(ends, (far, heard) => {
      far.addEventListener("news:1", heard("removed"), { signal: controller.signal });
      far.addEventListener("news:1", heard("never"), { signal: AbortSignal.abort() });
      far.addEventListener("news:1", heard("kept"), { signal: new AbortController().signal });
      controller.abort();
    });
    assertEquals(labels, ["kept"]);
  });

  test("a signal that aborts during a dispatch stops the listeners that follow", async (ends) => {
    const controller = new AbortController();
    const labels = await heardBy(ends, (far, heard) => {
      far.addEventListener("news:1", () => controller.abort());
      far.addEventListener("news:1", heard("aborted"), { signal: controller.signal });
      far.addEventListener("news:1", heard("kept"));
    });
    assertEquals(labels, ["kept"]);
  });

  test("a signal that is none is a TypeError", ({ far }) => {
    // The type does not allow it; at run time anybody can.
    const options = { signal: null } as unknown as AddEventListenerOptions;
    assertThrows(() => far.addEventListener("news:1", () => {}, options), TypeError);
  });

  test("a listener that is null is ignored", async (ends) => {
    ends.far.addEventListener("news:1", null);
    ends.far.removeEventListener("news:1", null);
    assertEquals(await heardBy(ends, (far, heard) => far.addEventListener("news:1", heard("mine"))), [
      "mine",
    ]);
  });

  test("a listener that is removed during a dispatch is not called in it", async (ends) => {
    const labels = await heardBy(ends, (far, heard) => {
      const removed = heard("removed");
      far.addEventListener("news:1", () => far.removeEventListener("news:1", removed));
      far.addEventListener("news:1", removed);
      far.addEventListener("news:1", heard("kept"));
    });
    assertEquals(labels, ["kept"]);
  });

  test("a listener that is added during a dispatch, or added again, is not called in it", async (ends) => {
    const labels = await heardBy(ends, (far, heard) => {
      const again = heard("again");
      far.addEventListener("news:1", () => {
        far.addEventListener("news:1", heard("added"));
        far.removeEventListener("news:1", again);
        far.addEventListener("news:1", again);
      }, { once: true });
      far.addEventListener("news:1", again);
    }, eventOf("news", "1"));
    assertEquals(labels, []);
    ends.near.dispatchEvent(eventOf("news", "1"));
    await ends.settle();
    assertEquals(labels, ["added", "again"]);
  });

  test("the only listener, added again while it hears an event, does not hear that one again", async (ends) => {
    const labels = await heardBy(ends, (far, heard) => {
      const call = heard("called");
      const again = (event: Event): void => {
        call(event);
        // Bounded, lest a failure never end.
        if (calls++ < 4) far.addEventListener("news:1", again, { once: true });
      };
      let calls = 0;
      far.addEventListener("news:1", again, { once: true });
    });
    assertEquals(labels, ["called"]);
    // By now it was asked for again.
    await ends.settle();
    ends.near.dispatchEvent(eventOf("news", "1"));
    await ends.settle();
    assertEquals(labels, ["called", "called"]);
  });

  test("stopImmediatePropagation stops all that follow, stopPropagation none", async (ends) => {
    const labels = await heardBy(ends, (far, heard) => {
      far.addEventListener("news:1", (event) => event.stopPropagation());
      far.addEventListener("news:1", heard("called"));
      far.addEventListener("news:1", (event) => event.stopImmediatePropagation());
      far.addEventListener("news:1", heard("stopped"));
    });
    assertEquals(labels, ["called"]);
  });

  test("an event tells the target, during the dispatch and what is left of it afterwards", async (ends) => {
    const seen: unknown[] = [];
    const events: Event[] = [];
    ends.far.addEventListener("news:1", function (this: EventTarget, event) {
      seen.push(this === ends.far, event.target === ends.far, event.currentTarget === ends.far);
      seen.push(event.eventPhase, event.composedPath().length);
      events.push(event);
    });
    await ends.settle();
    ends.near.dispatchEvent(eventOf("news", "1"));
    await ends.settle();
    assertEquals(seen, [true, true, true, Event.AT_TARGET, 1]);
    const [event] = events;
    assertStrictEquals(event?.target, ends.far);
    assertEquals([event?.currentTarget, event?.eventPhase, event?.composedPath()], [null, Event.NONE, []]);
  });

  test("dispatchEvent returns true for an event that nobody prevented", ({ near }) => {
    assertEquals(near.dispatchEvent(eventOf("news", "1")), true);
  });

  test("what is no event cannot be dispatched", ({ near }) => {
    // The type does not allow it; at run time anybody can.
    assertThrows(() => near.dispatchEvent({ type: "news:1", detail: {} } as unknown as Event), TypeError);
  });

  test("a cancelable event that a listener prevented returns false, in this process", (ends) => {
    ends.far.addEventListener("news:1", (event) => event.preventDefault());
    const cancelable = new CustomEvent("news:1", { detail: envelopeOf("news", "1"), cancelable: true });
    assertEquals(ends.near.dispatchEvent(cancelable), false);
    assertEquals(cancelable.defaultPrevented, true);
    assertEquals(ends.near.dispatchEvent(eventOf("news", "1")), true);
  }, "prevention");

  test("an event of any type carries any detail", async (ends) => {
    const details: unknown[] = [];
    for (const type of ["", "__x", "plain", "a:b:c"]) {
      ends.far.addEventListener(type, (event) => details.push((event as CustomEvent).detail));
    }
    await ends.settle();
    ends.near.dispatchEvent(new CustomEvent("", { detail: 1 }));
    ends.near.dispatchEvent(new CustomEvent("__x", { detail: { type: 5 } }));
    ends.near.dispatchEvent(new CustomEvent("plain", { detail: "text" }));
    ends.near.dispatchEvent(new CustomEvent("a:b:c", { detail: null }));
    await ends.settle();
    assertEquals(details, [1, { type: 5 }, "text", null]);
  }, "anyDetail");

  test(
    "a detail that is no envelope, or of another topic, is a TypeError that names both topics",
    ({ near }) => {
      if (lacks.anyDetail === undefined) return;
      assertThrows(
        () => near.dispatchEvent(new CustomEvent("news:1", { detail: "text" })),
        TypeError,
        "news:1",
      );
      assertThrows(() => near.dispatchEvent(new Event("news:1")), TypeError, "news:1");
      const error = assertThrows(
        () => near.dispatchEvent(new CustomEvent("news:1", { detail: envelopeOf("other", "2") })),
        TypeError,
      );
      assertMatch(error.message, /news:1.*other:2/);
      assertThrows(
        () => near.dispatchEvent(new CustomEvent("news", { detail: envelopeOf("news", "2") })),
        TypeError,
      );
    },
    "envelopesOnly",
  );

  // Topics, bare types, and everything.

  test(
    "listeners of the topic come before those of the type, and these before those of everything",
    async (ends) => {
      const labels = await heardBy(
        ends,
        (far, heard) => {
          far.addEventListener("*", heard("*"));
          far.addEventListener("news", heard("news"));
          far.addEventListener("news:1", heard("news:1"));
          asPubSubTarget(far).listen("news", undefined, {
            onEvent: () => heard("news by listen")(new Event("")),
          });
        },
        eventOf("news", "1"),
        eventOf("news", "2"),
        eventOf("other", "1"),
      );
      assertEquals(labels, ["news:1", "news", "news by listen", "*", "news", "news by listen", "*", "*"]);
    },
    "levels",
  );

  test("stopImmediatePropagation stops the listeners of the type and of everything too", async (ends) => {
    const labels = await heardBy(ends, (far, heard) => {
      far.addEventListener("*", heard("*"));
      far.addEventListener("news", heard("news"));
      far.addEventListener("news:1", (event) => event.stopImmediatePropagation());
    });
    assertEquals(labels, []);
  }, "levels");

  test(
    "a listener that another level adds or removes during a dispatch obeys the same rules",
    async (ends) => {
      const labels = await heardBy(ends, (far, heard) => {
        const removed = heard("removed");
        far.addEventListener("*", removed);
        far.addEventListener("news:1", () => {
          far.addEventListener("news", heard("added"));
          far.removeEventListener("*", removed);
        }, { once: true });
      });
      assertEquals(labels, []);
    },
    "levels",
  );

  // Faults of listeners.

  test("a listener that throws, or rejects, stops nobody and goes to onError", async (ends) => {
    const labels = await heardBy(ends, (far, heard) => {
      far.addEventListener("news:1", () => {
        throw new Error("thrown");
      });
      far.addEventListener("news:1", () => Promise.reject(new Error("rejected")));
      asPubSubTarget(far).listen("news", "1", {
        onEvent() {
          throw new Error("observer");
        },
      });
      far.addEventListener("news:1", heard("next"));
    });
    assertEquals(labels, ["next"]);
    await eventually(() => assertEquals(ends.faults.length, 3));
    assertEquals(
      new Set(ends.faults.map(({ error }) => String(error))),
      new Set(["Error: thrown", "Error: rejected", "Error: observer"]),
    );
    for (const { context } of ends.faults) {
      assertEquals([context.stage, context.topic, context.target === ends.far], ["listener", "news:1", true]);
    }
  }, "interface");

  // Subscriptions, over any target.

  test("a subscription yields what is published after it was made, in order", async (ends) => {
    const publisher = createPubSub<Events>({ eventTarget: ends.near });
    const reader = createPubSub<Events>({ eventTarget: ends.far });
    const subscription = reader.subscribe("news", "1", { capacity: 3000 });
    await subscription.ready;
    for (let i = 0; i < 2000; i++) publisher.publish("news", "1", { i, text: "é".repeat(i % 50) });
    for (let i = 0; i < 2000; i++) {
      const { value } = await subscription.next();
      assertEquals(value, { type: "news", id: "1", payload: { i, text: "é".repeat(i % 50) } });
    }
    await Promise.all([reader.close(), publisher.close()]);
    assertEquals(await subscription.next(), { value: undefined, done: true });
  });

  test("subscriptions to the id, the type and everything each yield an event once", async (ends) => {
    const publisher = createPubSub<Events>({ eventTarget: ends.near });
    const reader = createPubSub<Events>({ eventTarget: ends.far });
    const ofId = reader.subscribe("news", "1");
    const ofType = reader.subscribe("news");
    const ofAll = reader.subscribeAll();
    await Promise.all([ofId.ready, ofType.ready, ofAll.ready]);
    publisher.publish("news", "1", "first");
    publisher.publish("news", "2", "second");
    publisher.publish("other", "1", "third");
    publisher.publish("news", "1", undefined);
    await ends.settle();
    await reader.close();
    const read = async (subscription: AsyncIterable<EventEnvelope>): Promise<unknown[]> =>
      await Array.fromAsync(subscription, ({ type, id, payload }) => [type, id, payload]);
    assertEquals(await read(ofId), [["news", "1", "first"], ["news", "1", undefined]]);
    assertEquals(await read(ofType), [["news", "1", "first"], ["news", "2", "second"], [
      "news",
      "1",
      undefined,
    ]]);
    assertEquals((await read(ofAll)).length, 4);
  }, "bareTypes");

  test(
    "a large payload arrives whole",
    async (ends) => {
      const publisher = createPubSub<Events>({ eventTarget: ends.near });
      const reader = createPubSub<Events>({ eventTarget: ends.far });
      const subscription = subscribeToNews(reader);
      await subscription.ready;
      const text = "0123456789é".repeat(50_000);
      publisher.publish("news", "1", text);
      publisher.publish("news", "1", "after");
      assertStrictEquals((await subscription.next()).value?.payload, text);
      assertStrictEquals((await subscription.next()).value?.payload, "after");
      await reader.close();
    },
    undefined,
    true,
  );

  test("an invalid type or id is a TypeError at the call", ({ near, far }) => {
    const publisher = createPubSub({ eventTarget: near });
    const reader = createPubSub({ eventTarget: far });
    const longest = "x".repeat(1024 - "t:".length);
    publisher.publish("t", longest, null);
    const invalid: [type: string, id: string][] = [
      ["", "1"],
      ["*", "1"],
      ["a:b", "1"],
      ["__hello", "1"],
      ["\ud800", "1"],
      ["t", "\udfff"],
      ["t", longest + "x"],
      ["t", "é".repeat(512)],
    ];
    for (const [type, id] of invalid) {
      assertThrows(() => publisher.publish(type, id, null), TypeError);
      assertThrows(() => reader.subscribe(type, id), TypeError);
    }
    for (const type of ["", "a:b", "__hello", "\ud800"]) {
      assertThrows(() => reader.subscribe(type), TypeError);
    }
    // The types do not allow these; at run time anybody can.
    const untyped = publisher as unknown as Record<"publish" | "subscribe", (...args: unknown[]) => unknown>;
    assertThrows(() => untyped.publish("t", undefined, null), TypeError);
    assertThrows(() => untyped.publish("t", 5, null), TypeError);
    assertThrows(() => untyped.publish(5, "1", null), TypeError);
    assertThrows(() => untyped.subscribe("t", undefined), TypeError);
    assertThrows(() => untyped.subscribe("t", undefined, {}), TypeError);
    assertThrows(() => untyped.subscribe("t", null), TypeError);
  });

  // The whole interface.

  test("does a publisher hear itself", async (ends) => {
    const own: EventEnvelope[] = [];
    asPubSubTarget(ends.near).listen("news", anyId, { onEvent: (envelope) => void own.push(envelope) });
    await ends.settle();
    asPubSubTarget(ends.near).publish(envelopeOf("news", "1"));
    await ends.settle();
    assertEquals(own.length, lacks.echo === undefined ? 1 : 0);
  }, "interface");

  test("listen hears envelopes, tells that it is ready once, and stops at once", async (ends) => {
    const heard: unknown[] = [];
    const stop = asPubSubTarget(ends.far).listen("news", "1", {
      onEvent: ({ payload }) => void heard.push(payload),
      onReady: () => void heard.push("ready"),
    });
    await ends.settle();
    asPubSubTarget(ends.near).publish(envelopeOf("news", "1", "first"));
    await ends.settle();
    stop();
    stop();
    asPubSubTarget(ends.near).publish(envelopeOf("news", "1", "second"));
    await ends.settle();
    assertEquals(heard, ["ready", "first"]);
  }, "interface");

  test("an envelope that is none cannot be published", ({ near }) => {
    const target = asPubSubTarget(near);
    for (const envelope of [null, 5, "text", {}, { type: "t" }, { id: "1" }, { type: "t", id: null }, []]) {
      // The type does not allow it; at run time anybody can.
      assertThrows(() => target.publish(envelope as unknown as EventEnvelope), TypeError);
    }
  }, "interface");

  test("what cannot be encoded is dropped alone and reported", async (ends) => {
    const payloads: unknown[] = [];
    asPubSubTarget(ends.far).listen("news", anyId, {
      onEvent: ({ payload }) => void payloads.push(payload),
    });
    await ends.settle();
    const expected = [...unencodable.keys()];
    for (const [i, payload] of unencodable.entries()) {
      asPubSubTarget(ends.near).publish(envelopeOf("news", "1", i));
      asPubSubTarget(ends.near).publish(envelopeOf("news", "1", payload));
    }
    await ends.settle();
    assertEquals(payloads, expected);
    assertEquals(
      ends.faults.map(({ context }) => [context.stage, context.topic]),
      expected.map(() => ["encode", "news:1"]),
    );
  }, "encoding");

  test(
    "flush resolves once what was sent has been handled, and rejects for an aborted signal",
    async (ends) => {
      const near = asPubSubTarget(ends.near);
      let count = 0;
      asPubSubTarget(ends.far).listen("news", anyId, { onEvent: () => void count++ });
      await ends.settle();
      for (let i = 0; i < 1500; i++) near.publish(envelopeOf("news", "1", i));
      await near.flush();
      assertEquals(count, 1500);
      await assertRejects(
        () => near.flush({ signal: AbortSignal.abort(new RangeError("mine")) }),
        RangeError,
        "mine",
      );
    },
    "interface",
  );

  test(
    "close ends subscriptions normally, is idempotent, and tells so by status and closed",
    async (ends) => {
      for (const target of new Set([asPubSubTarget(ends.far), asPubSubTarget(ends.near)])) {
        const subscription = createPubSub<Events>({ eventTarget: target }).subscribe("news", "1");
        const pending = subscription.next();
        assertEquals(target.status.state, "open");
        const closing = target.close();
        assertStrictEquals(target.close(), closing);
        assertEquals(await pending, { value: undefined, done: true });
        await closing;
        await target[Symbol.asyncDispose]();
        assertEquals([target.status.state, await target.closed], ["closed", undefined]);
        if (target === asPubSubTarget(ends.far)) break;
      }
    },
    "interface",
  );

  test("after close publish is dropped and reported, and a subscription has ended", async (ends) => {
    const near = asPubSubTarget(ends.near);
    const pubsub = createPubSub<Events>({ eventTarget: near });
    let calls = 0;
    near.addEventListener("news:1", () => calls++);
    await near.close();
    near.addEventListener("news:1", () => calls++);
    pubsub.publish("news", "1", null);
    near.dispatchEvent(eventOf("news", "1") as never);
    assertEquals(ends.faults.map(({ context }) => [context.stage, context.topic]), [
      ["publish", "news:1"],
      ["publish", "news:1"],
    ]);
    const subscription = pubsub.subscribe("news", "1");
    assertEquals(await subscription.next(), { value: undefined, done: true });
    await assertRejects(() => subscription.ready, DOMException);
    assertEquals(calls, 0);
  }, "interface");

  test(
    "an end from the far side ends subscriptions with ConnectionLostError, after what they have",
    async (ends) => {
      const reader = createPubSub<Events>({ eventTarget: ends.far });
      const publisher = createPubSub<Events>({ eventTarget: ends.near });
      const statuses: string[] = [];
      const subscription = reader.subscribe("news");
      await subscription.ready;
      publisher.publish("news", "1", "buffered");
      await ends.settle();
      await asPubSubTarget(ends.near).close();
      if (kind === "link to hub") {
        // A hub outlives its spokes, and so do its subscriptions.
        assertEquals((await subscription.next()).value?.payload, "buffered");
        assertEquals(asPubSubTarget(ends.far).status.state, "open");
        return await reader.close();
      }
      assertEquals((await subscription.next()).value?.payload, "buffered");
      const error = await assertRejects(() => subscription.next(), Error);
      assertEquals(error.name, "ConnectionLostError");
      assertEquals(await subscription.next(), { value: undefined, done: true });
      assertStrictEquals(await asPubSubTarget(ends.far).closed, error);
      assertEquals(statuses, []);
    },
    "ends",
  );
}
