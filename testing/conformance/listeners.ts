import { assertEquals, assertThrows } from "../_assert.ts";
import { eventOf, type Suite } from "./suite.ts";

/** The DOM's rules of adding and removing listeners. */
export function testListeners(suite: Suite): void {
  suite.test("the same listener is added once, and once more with the other capture", async (ends) => {
    const labels = await suite.heardBy(
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

  suite.test("a listener is removed with the capture that it was added with", async (ends) => {
    const labels = await suite.heardBy(ends, (far, heard) => {
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

  suite.test("listeners are called in the order of their registration", async (ends) => {
    const labels = await suite.heardBy(ends, (far, heard) => {
      for (const label of ["a", "b", "c", "d"]) far.addEventListener("news:1", heard(label));
      far.addEventListener("news:1", { handleEvent: heard("e") });
    });
    assertEquals(labels, ["a", "b", "c", "d", "e"]);
  });

  suite.test("a once listener is called once", async (ends) => {
    const labels = await suite.heardBy(
      ends,
      (far, heard) => {
        far.addEventListener("news:1", heard("once"), { once: true });
      },
      eventOf("news", "1"),
      eventOf("news", "1"),
    );
    assertEquals(labels, ["once"]);
  });

  suite.test("the handleEvent of an object is looked up at each event, and called with the object as this", async (ends) => {
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

  suite.test("an aborted signal removes a listener, and a signal that aborted before adds none", async (ends) => {
    const controller = new AbortController();
    const labels = await suite.heardBy(ends, (far, heard) => {
      far.addEventListener("news:1", heard("removed"), { signal: controller.signal });
      far.addEventListener("news:1", heard("never"), { signal: AbortSignal.abort() });
      far.addEventListener("news:1", heard("kept"), { signal: new AbortController().signal });
      controller.abort();
    });
    assertEquals(labels, ["kept"]);
  });

  suite.test("a signal that aborts during a dispatch removes the listeners that follow", async (ends) => {
    const controller = new AbortController();
    const labels = await suite.heardBy(ends, (far, heard) => {
      far.addEventListener("news:1", () => controller.abort());
      far.addEventListener("news:1", heard("aborted"), { signal: controller.signal });
      far.addEventListener("news:1", heard("kept"));
    });
    assertEquals(labels, ["kept"]);
  });

  suite.test("a signal that is not an AbortSignal is a TypeError", ({ far }) => {
    // The types forbid this, but untyped callers can pass it.
    const options = { signal: null } as unknown as AddEventListenerOptions;
    assertThrows(() => far.addEventListener("news:1", () => {}, options), TypeError);
  });

  suite.test("a null listener is ignored", async (ends) => {
    ends.far.addEventListener("news:1", null);
    ends.far.removeEventListener("news:1", null);
    assertEquals(await suite.heardBy(ends, (far, heard) => far.addEventListener("news:1", heard("mine"))), [
      "mine",
    ]);
  });

  suite.test("a listener that is removed during a dispatch is not called in it", async (ends) => {
    const labels = await suite.heardBy(ends, (far, heard) => {
      const removed = heard("removed");
      far.addEventListener("news:1", () => far.removeEventListener("news:1", removed));
      far.addEventListener("news:1", removed);
      far.addEventListener("news:1", heard("kept"));
    });
    assertEquals(labels, ["kept"]);
  });

  suite.test("a listener that is added or added again during a dispatch is not called in it", async (ends) => {
    const labels = await suite.heardBy(ends, (far, heard) => {
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

  suite.test("a sole listener that is added again during its call does not get the same event again", async (ends) => {
    const labels = await suite.heardBy(ends, (far, heard) => {
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
}
