import { createInProcessEventTarget } from "../core/in_process.ts";
import type { EventEnvelope } from "../mod.ts";
import { refuse, refuseClosed } from "./answers.ts";
import { type Control, helloOf, readControl } from "./controls.ts";
import { RequestSocket, type RequestSocketHandler } from "./request_socket.ts";

/** The ref of the question whether everything is handled. */
const REF = "p";

const NOT_AUTHORIZED = "not authorized";

/** Throws for an envelope that cannot be published. It has no listeners. */
const checked = createInProcessEventTarget();

/** Reads the events of a body: an envelope or an array of them. Throws a `TypeError` that says what is wrong. */
export function readEnvelopes(body: string): EventEnvelope[] {
  const value: unknown = JSON.parse(body);
  return Array.isArray(value) ? value.map(readEnvelope) : [readEnvelope(value)];
}

function readEnvelope(value: unknown): EventEnvelope {
  const { type, id, payload }: Partial<EventEnvelope> = typeof value === "object" && value !== null
    ? value
    : {};
  if (typeof type !== "string" || typeof id !== "string") {
    throw new TypeError(
      'an event is { "type": "…", "id": "…", "payload": … }, with strings for the type and the id',
    );
  }
  const envelope = { type, id, payload };
  checked.publish(envelope);
  return envelope;
}

/** A request to publish, as a spoke of the hub for the time that this takes. */
export class PublishRequest implements RequestSocketHandler {
  readonly socket: RequestSocket = new RequestSocket(this);
  /** Nothing waits: what the hub sends is read at once. */
  readonly bufferedBytes = 0;
  /** The answer, once the hub has handled the events. */
  readonly response: Promise<Response>;
  #respondWith: (response: Response) => void = () => {};
  readonly #request: Request;
  readonly #envelopes: readonly EventEnvelope[];
  readonly #rejected: Control["payload"][] = [];

  constructor(request: Request, envelopes: readonly EventEnvelope[]) {
    this.#request = request;
    this.#envelopes = envelopes;
    this.response = new Promise((resolve) => this.#respondWith = resolve);
  }

  start(): void {
    // Apart: a hub counts what one frame holds.
    this.socket.say([helloOf(this.#request)]);
    this.socket.say(this.#envelopes);
    this.socket.say([{ type: "__ping", id: REF }]);
  }

  onFrame(text: string): void {
    const control = readControl(text);
    if (control?.type === "__rejected") this.#rejected.push(control.payload);
    if (control?.type !== "__pong" || control.id !== REF) return;
    this.#respondWith(this.#rejected.length > 0 ? this.#refusal() : new Response(null, { status: 202 }));
    this.socket.end(1000);
  }

  onClosing(code: number, reason: string): void {
    this.#respondWith(refuseClosed(code, reason));
    this.socket.end(code, reason);
  }

  #refusal(): Response {
    const isForbidden = this.#rejected.some(({ reason }) => reason === NOT_AUTHORIZED);
    return refuse(isForbidden ? 403 : 422, "events were refused", { refused: this.#rejected });
  }
}
