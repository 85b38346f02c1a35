import type { Change, Outcome, SpokeRow } from "../events.ts";
import { element, setText } from "./elements.ts";

/** Publishes, revokes and closes, where the hub allows that. */
export class ChangePanel {
  readonly #name = element("#spoke-name", HTMLElement);
  readonly #outcome = element("#outcome", HTMLElement);
  readonly #revoked = element("#spoke input", HTMLInputElement);
  readonly #ask: (change: Change) => void;
  #spoke: number | undefined;

  /** @param ask Asks the hub for a change. */
  constructor(ask: (change: Change) => void) {
    this.#ask = ask;
    const [topic, payload] = [":nth-child(1) >", ":nth-child(2) >"].map((nth) =>
      element(`#publish ${nth} input`, HTMLInputElement)
    );
    element("#publish", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.#publish(topic?.value ?? "", payload?.value ?? "");
    });
    element("#spoke", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      const { submitter } = event;
      if (submitter instanceof HTMLButtonElement) this.#change(submitter.value);
    });
  }

  /** The spoke that the user has chosen. */
  choose({ number, subject, address }: SpokeRow): void {
    this.#set(number, `Spoke ${number}: ${subject || address}`);
    this.#revoked.focus();
  }

  /** A hub that was started again gives the numbers of its spokes anew. */
  forget(): void {
    if (this.#spoke !== undefined) {
      this.#set(undefined, "The hub was started again: choose a spoke in the list.");
    }
  }

  show({ isDone, text }: Outcome): void {
    setText(this.#outcome, text);
    this.#outcome.dataset["state"] = isDone ? "good" : "bad";
  }

  #set(spoke: number | undefined, text: string): void {
    this.#spoke = spoke;
    setText(this.#name, text);
    for (const button of document.querySelectorAll<HTMLButtonElement>("#spoke button")) {
      button.disabled = spoke === undefined;
    }
  }

  #publish(topic: string, text: string): void {
    try {
      const payload: unknown = text === "" ? undefined : JSON.parse(text);
      this.#ask({ action: "publish", topic, payload });
    } catch {
      this.show({ of: "publish", isDone: false, text: "The payload is not JSON: put text in quotes" });
    }
  }

  #change(action: string): void {
    const spoke = this.#spoke;
    if (spoke === undefined) return;
    if (action === "revoke") this.#ask({ action, spoke, topic: this.#revoked.value });
    else this.#ask({ action: "close", spoke, isFinal: action === "final" });
  }
}
