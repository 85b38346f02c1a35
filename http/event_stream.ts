import { refuse, refuseClosed } from "./answers.ts";
import { type Control, helloOf, readControl, type Refused, refusedOf, topicsOf } from "./controls.ts";
import { RequestSocket, type RequestSocketHandler } from "./request_socket.ts";
import { StreamPositions } from "./stream_positions.ts";
import { StreamQueue } from "./stream_queue.ts";

const HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  // Otherwise nginx holds events back.
  "x-accel-buffering": "no",
};

/** How long a client can take to read what waits for it at the end, in milliseconds. */
const CLOSE_DEADLINE_MS = 1000;

/** The end of a client that has left. */
const LEFT = [1001, ""] as const;

/** The ref of the one request that a stream makes. */
const REF = "s";

/** A stream of Server-Sent Events, as a spoke of the hub. */
export class EventStream implements RequestSocketHandler {
  readonly socket: RequestSocket = new RequestSocket(this);
  /** The answer, once the hub has answered. */
  readonly response: Promise<Response>;
  #respondWith: (response: Response) => void = () => {};
  readonly #request: Request;
  readonly #topics: Set<string>;
  readonly #queue: StreamQueue;
  readonly #positions: StreamPositions;
  readonly #gaps: string[] = [];
  readonly #refused: Refused[] = [];
  readonly #subscribed: string[] = [];
  /** What the hub has said of its upstream last. */
  #upstream: Control["payload"] | undefined;
  #isAnswered = false;
  #end: readonly [code: number, reason: string] | undefined;
  #deadline: ReturnType<typeof setTimeout> | undefined;
  /** Whether nothing was sent since the last heartbeat. */
  #isQuiet = true;

  /** Throws a `TypeError` if the request asks for a place in the history that there is not. */
  constructor(request: Request, topics: ReadonlySet<string>) {
    this.#request = request;
    this.#positions = new StreamPositions(request, topics);
    this.#topics = new Set(topics);
    this.response = new Promise((resolve) => this.#respondWith = resolve);
    this.#queue = new StreamQueue(() => this.#onDrained(), () => this.#finish());
  }

  get bufferedBytes(): number {
    return this.#queue.bytes;
  }

  /** Asks the hub for the topics. */
  start(): void {
    const topics = [...this.#topics];
    const payload = { topics, since: topics.map((topic) => this.#positions.sinceOf(topic)) };
    this.socket.say([helloOf(this.#request), { type: "__subscribe", id: REF, payload }]);
  }

  /** Sends a comment if nothing else was sent for some time. */
  beat(): void {
    if (this.#isQuiet && this.#isAnswered && this.#queue.bytes === 0) this.#queue.push(":\n\n");
    this.#isQuiet = true;
  }

  onFrame(text: string): void {
    const control = readControl(text);
    if (control !== undefined) return this.#onControl(control);
    const id = this.#positions.note(text);
    if (id !== undefined) this.#push(text, id);
  }

  onClosing(code: number, reason: string): void {
    if (!this.#isAnswered) {
      this.#respond(refuseClosed(code, reason));
      return this.socket.end(code, reason);
    }
    this.#tell("closed", { code, reason });
    this.#end = [code, reason];
    if (this.#queue.bytes === 0) return this.#onDrained();
    this.#deadline = setTimeout(() => this.#finish(), CLOSE_DEADLINE_MS);
  }

  #onControl(control: Control): void {
    switch (control.type) {
      case "__ping":
        return this.socket.say([{ type: "__pong", id: control.id }]);
      case "__subscribed":
        return this.#onSubscribed(control);
      case "__revoked":
        return this.#onRevoked(refusedOf(control));
      case "__gap":
        return this.#isAnswered ? this.#tell("gap", control.payload) : undefined;
      case "__upstream":
        this.#upstream = control.payload;
        return this.#isAnswered ? this.#tell("upstream", control.payload) : undefined;
      case "__replay":
        if (this.#positions.onReplay(control)) this.#tell("gap", { topics: [control.payload["topic"]] });
        return;
      case "__replayed":
        return this.#onReplayed(control);
    }
  }

  /** The hub may answer in parts. */
  #onSubscribed(control: Control): void {
    if (this.#isAnswered) return;
    const subscribed = topicsOf(control);
    this.#subscribed.push(...subscribed);
    this.#gaps.push(...this.#positions.begin(subscribed, control));
    this.#refused.push(...refusedOf(control));
    if (this.#subscribed.length + this.#refused.length < this.#topics.size) return;
    if (this.#refused.length > 0) {
      this.#respond(refuse(403, "not all topics can be subscribed to", { refused: this.#refused }));
      return this.socket.end(1000);
    }
    const topics = [...this.#topics];
    this.#respond(new Response(this.#queue.body, { headers: HEADERS }));
    this.#tell("subscribed", { topics }, `id: ${this.#positions.id}\n`);
    if (this.#gaps.length > 0) this.#tell("gap", { topics: this.#gaps });
    if (this.#upstream?.["up"] === false) this.#tell("upstream", this.#upstream);
  }

  #onReplayed(control: Control): void {
    const { topic, whole } = control.payload;
    this.#positions.onReplayed(control);
    if (whole !== true && !this.#gaps.includes(String(topic))) this.#tell("gap", { topics: [topic] });
    this.#tell("replayed", { topic, whole }, `id: ${this.#positions.id}\n`);
  }

  #onRevoked(refused: readonly Refused[]): void {
    for (const { topic } of refused) {
      this.#topics.delete(topic);
      this.#positions.end(topic);
    }
    this.#tell("revoked", { refused }, `id: ${this.#positions.id}\n`);
    if (this.#topics.size === 0) this.socket.close(1000, "no topic is left");
  }

  #respond(response: Response): void {
    this.#isAnswered = true;
    this.#respondWith(response);
  }

  /** Sends an event. A page hears it with `onmessage`. */
  #push(json: string, id: string): void {
    this.#isQuiet = false;
    this.#queue.push(`${id && `id: ${id}\n`}data: ${json}\n\n`);
  }

  #tell(event: string, data: unknown, id = ""): void {
    this.#isQuiet = false;
    this.#queue.push(message(data, `event: ${event}\n${id}`));
  }

  #onDrained(): void {
    if (this.#end !== undefined) this.#finish();
  }

  #finish(): void {
    clearTimeout(this.#deadline);
    this.#queue.end();
    this.socket.end(...this.#end ?? LEFT);
  }
}

/** Formats a message. JSON has no line breaks, so that no payload can end the message. */
function message(data: unknown, fields: string): string {
  return `${fields}data: ${JSON.stringify(data)}\n\n`;
}
