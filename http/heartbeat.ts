import type { EventStream } from "./event_stream.ts";

/** Keeps quiet streams open, with one timer for all of them, which runs while there is a stream. */
export class Heartbeat {
  readonly #intervalMs: number;
  readonly #streams = new Set<EventStream>();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** Keeps a stream open until its connection ends. */
  add(stream: EventStream): void {
    if (stream.socket.readyState === 3) return;
    this.#streams.add(stream);
    this.#timer ??= setInterval(() => this.#beat(), this.#intervalMs);
    stream.socket.addEventListener("close", () => this.#remove(stream));
  }

  #remove(stream: EventStream): void {
    this.#streams.delete(stream);
    if (this.#streams.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #beat(): void {
    for (const stream of this.#streams) stream.beat();
  }
}
