import type { Tapped } from "../events.ts";
import { create, element, setText } from "./elements.ts";

/** The most events that the list holds. */
const MAX_EVENTS = 200;

/** Shows the events of one topic. */
export class TapPanel {
  readonly #input = element("#tap-topic", HTMLInputElement);
  readonly #state = element("#tap-state", HTMLElement);
  readonly #events = element("#tap-events", HTMLElement);
  readonly #stop = element("#tap-stop", HTMLButtonElement);
  readonly #tap: (topic: string | null) => void;
  #topic: string | null = null;
  #count = 0;

  /** @param tap Asks the hub for the events of a topic. */
  constructor(tap: (topic: string | null) => void) {
    this.#tap = tap;
    element("#tap form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#input.value !== "") this.listen(this.#input.value);
    });
    this.#stop.addEventListener("click", () => this.#set(null, `Stopped after ${this.#count} events`));
  }

  listen(topic: string): void {
    this.#input.value = topic;
    this.#events.replaceChildren();
    this.#count = 0;
    this.#set(topic, `Listening to ${topic} …`);
  }

  /** Asks again, after the connection was lost. */
  resume(): void {
    if (this.#topic !== null) this.#tap(this.#topic);
  }

  /** The hub cannot listen to the topic. */
  fail(text: string): void {
    this.#set(null, text);
  }

  add({ topic, at, type, id, payload, skipped }: Tapped): void {
    if (topic !== this.#topic) return;
    this.#count++;
    const item = create("li");
    const time = create("time", new Date(at).toISOString().slice(11, 23));
    item.append(time, ` ${type}:${id}`, create("pre", payload));
    if (skipped > 0) item.append(create("p", `${skipped} events before this one are not shown`));
    this.#events.prepend(item);
    while (this.#events.childElementCount > MAX_EVENTS) this.#events.lastElementChild?.remove();
    setText(this.#state, `Listening to ${topic}: ${this.#count} shown`);
  }

  #set(topic: string | null, text: string): void {
    setText(this.#state, text);
    this.#topic = topic;
    this.#stop.disabled = topic === null;
    this.#tap(topic);
  }
}
