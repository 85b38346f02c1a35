import type { SpokeEventTarget } from "@alkdev/pubsub";
import { lineOf, makeChange, readChange } from "./change.ts";
import type { LiveEvents, Look } from "./events.ts";
import type { ShownHub } from "./observed.ts";
import { Tap } from "./tap.ts";

/** One open page: what it looks for, what it taps, and what it changes. */
export class PageSession {
  look: Look = { topics: "", spokes: "" };
  readonly #spoke: SpokeEventTarget;
  readonly #shown: ShownHub;
  #tap: Tap | undefined;

  /** @param onLook Called when the page looks for something else. */
  constructor(spoke: SpokeEventTarget, shown: ShownHub, onLook: () => void) {
    this.#spoke = spoke;
    this.#shown = shown;
    const hear = (type: keyof LiveEvents, onPayload: (payload: unknown) => void): void =>
      void spoke.listen(type, undefined, { onEvent: ({ payload }) => onPayload(payload) });
    hear("tap", (topic) => this.#listen(topic));
    hear("change", (change) => this.#change(change));
    hear("look", (look) => {
      this.look = readLook(look);
      onLook();
    });
  }

  send<TType extends keyof LiveEvents>(type: TType, payload: LiveEvents[TType]): void {
    this.#spoke.publish({ type, id: "", payload });
  }

  stop(): void {
    this.#tap?.stop();
    this.#tap = undefined;
  }

  #listen(topic: unknown): void {
    this.stop();
    if (typeof topic !== "string") return;
    try {
      this.#tap = new Tap(this.#shown.bus, topic, (tapped) => this.send("tapped", tapped));
    } catch (error) {
      this.send("outcome", { of: "tap", isDone: false, text: String(Object(error).message) });
    }
  }

  #change(payload: unknown): void {
    const change = readChange(payload);
    if (change === undefined) return;
    const outcome = makeChange(this.#shown, change);
    console.log(lineOf(outcome));
    this.send("outcome", outcome);
  }
}

function readLook(value: unknown): Look {
  const { topics, spokes }: Partial<Record<keyof Look, unknown>> = Object(value);
  return { topics: String(topics ?? "").slice(0, 1024), spokes: String(spokes ?? "").slice(0, 1024) };
}
