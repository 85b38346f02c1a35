import { assertEquals, assertInstanceOf, assertStrictEquals, assertThrows, eventually } from "../_assert.ts";
import { asPubSubTarget, envelopeOf, eventOf, type Suite, withoutPosition } from "./suite.ts";

/** The delivery of events to listeners, and the event that they get. */
export function testDispatch(suite: Suite): void {
  suite.test("a listener gets the event of its topic, with the topic as type and the envelope as detail", async (ends) => {
    const events: Event[] = [];
    ends.far.addEventListener("news:1", (event) => events.push(event));
    await ends.settle();
    ends.near.dispatchEvent(eventOf("news", "1", { text: "hé 🎈", list: [1, null] }));
    await ends.settle();
    assertEquals(events.map(({ type }) => type), ["news:1"]);
    const [event] = events;
    assertInstanceOf(event, CustomEvent);
    assertEquals(withoutPosition(event.detail), envelopeOf("news", "1", { text: "hé 🎈", list: [1, null] }));
  });

  suite.test("a listener gets no event of another id or another type", async (ends) => {
    const labels = await suite.heardBy(
      ends,
      (far, heard) => far.addEventListener("news:1", heard("mine")),
      eventOf("news", "2"),
      eventOf("other", "1"),
      eventOf("news", "1:1"),
      eventOf("news", "1"),
    );
    assertEquals(labels, ["mine"]);
  });

  suite.test("an id can contain the separator, and can be empty", async (ends) => {
    const labels = await suite.heardBy(
      ends,
      (far, heard) => {
        far.addEventListener("news:a:b", heard("a:b"));
        far.addEventListener("news:", heard("empty"));
      },
      eventOf("news", "a:b"),
      eventOf("news", ""),
    );
    assertEquals(suite.lacks.order === undefined ? labels : labels.toSorted(), ["a:b", "empty"]);
  });

  suite.test("stopImmediatePropagation stops all later listeners, and stopPropagation stops none", async (ends) => {
    const labels = await suite.heardBy(ends, (far, heard) => {
      far.addEventListener("news:1", (event) => event.stopPropagation());
      far.addEventListener("news:1", heard("called"));
      far.addEventListener("news:1", (event) => event.stopImmediatePropagation());
      far.addEventListener("news:1", heard("stopped"));
    });
    assertEquals(labels, ["called"]);
  });

  suite.test("an event has its target and phase during the dispatch, and keeps only its target afterwards", async (ends) => {
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

  suite.test("dispatchEvent returns true for an event that no listener prevented", ({ near }) => {
    assertEquals(near.dispatchEvent(eventOf("news", "1")), true);
  });

  suite.test("a value that is not an Event cannot be dispatched", ({ near }) => {
    // The types forbid this, but untyped callers can pass it.
    assertThrows(() => near.dispatchEvent({ type: "news:1", detail: {} } as unknown as Event), TypeError);
  });

  suite.test(
    "dispatchEvent returns false for a cancelable event that a listener in this process prevented",
    (ends) => {
      ends.far.addEventListener("news:1", (event) => event.preventDefault());
      const cancelable = new CustomEvent("news:1", { detail: envelopeOf("news", "1"), cancelable: true });
      assertEquals(ends.near.dispatchEvent(cancelable), false);
      assertEquals(cancelable.defaultPrevented, true);
      assertEquals(ends.near.dispatchEvent(eventOf("news", "1")), true);
    },
    "prevention",
  );

  suite.test(
    "listeners of the topic are called before those of the type, and these before those of all topics",
    async (ends) => {
      const labels = await suite.heardBy(
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

  suite.test(
    "stopImmediatePropagation also stops the listeners of the type and of all topics",
    async (ends) => {
      const labels = await suite.heardBy(ends, (far, heard) => {
        far.addEventListener("*", heard("*"));
        far.addEventListener("news", heard("news"));
        far.addEventListener("news:1", (event) => event.stopImmediatePropagation());
      });
      assertEquals(labels, []);
    },
    "levels",
  );

  suite.test(
    "a listener that another level adds or removes during a dispatch follows the same rules",
    async (ends) => {
      const labels = await suite.heardBy(ends, (far, heard) => {
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

  suite.test(
    "a listener that throws or rejects stops no other listener, and is reported to onError",
    async (ends) => {
      const labels = await suite.heardBy(ends, (far, heard) => {
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
        assertEquals([context.stage, context.topic, context.target === ends.far], [
          "listener",
          "news:1",
          true,
        ]);
      }
    },
    "interface",
  );
}
