import type { WebSocketLike, WebSocketLikeEvent } from "../mod.ts";

type Listener = (event: WebSocketLikeEvent) => void;

/** The callbacks with which a request handles what the hub sends. */
export interface RequestSocketHandler {
  /** The bytes that have not left. */
  readonly bufferedBytes: number;
  /** The hub has sent a frame. */
  onFrame(text: string): void;
  /** The hub closes the connection. The request ends it by `end`, within a second and a half. */
  onClosing(code: number, reason: string): void;
}

/** A request as a connection of the hub, so that it is a spoke like any other: all limits and rights apply to it. */
export class RequestSocket implements WebSocketLike {
  readyState = 1;
  readonly #handler: RequestSocketHandler;
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(handler: RequestSocketHandler) {
    this.#handler = handler;
  }

  get bufferedAmount(): number {
    return this.#handler.bufferedBytes;
  }

  send(text: string): void {
    if (this.readyState === 1) this.#handler.onFrame(text);
  }

  close(code = 1000, reason = ""): void {
    if (this.readyState !== 1) return;
    this.readyState = 2;
    this.#handler.onClosing(code, reason);
  }

  addEventListener(type: string, listener: Listener): void {
    const listeners = this.#listeners.get(type);
    if (listeners === undefined) this.#listeners.set(type, new Set([listener]));
    else listeners.add(listener);
  }

  removeEventListener(type: string, listener: Listener): void {
    this.#listeners.get(type)?.delete(listener);
  }

  /** Says something to the hub, in one frame. */
  say(envelopes: readonly object[]): void {
    this.#dispatch({ type: "message", data: JSON.stringify(envelopes) });
  }

  /** The connection has ended. */
  end(code: number, reason = ""): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    // Later: a socket never tells its end during a call of the hub.
    queueMicrotask(() => this.#dispatch({ type: "close", code, reason }));
  }

  #dispatch(event: WebSocketLikeEvent & { readonly type: string }): void {
    for (const listener of [...this.#listeners.get(event.type) ?? []]) listener(event);
  }
}
