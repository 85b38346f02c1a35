import { CLOSE_DEADLINE_MS } from "../../core/arguments.ts";
import { GOING_AWAY } from "../_wire/close_codes.ts";
import { controlEnvelope } from "../_wire/frame.ts";
import type { Wire, WireEnd, WireEvents } from "../_wire/wire.ts";
import type { ArrivedFrame, ClonedEnvelope, CloneFrame } from "./structured_clone_codec.ts";
import { assertWorkerLike, onWorkerEvent, type WorkerLike, type WorkerLikeEvent } from "./worker_like.ts";
import { markMessage, readMessage, type Ready, type WorkerMessage } from "./worker_message.ts";

/** The part of the time of a close that remains after the far end was to answer, in milliseconds. */
const BYE_MARGIN_MS = 500;

const BYE_TYPE = /* @__PURE__ */ (() => controlEnvelope({ kind: "bye" }).type)();

/** Options of {@linkcode WorkerWire}. */
export interface WorkerWireOptions {
  /** Which end this is. The hub waits for what the link sends first. */
  readonly side: "hub" | "link";
  /** How many bytes are sent before the far end is asked how many it has received: the precision of that count. */
  readonly askAfterBytes: number;
  /** Called with each envelope that could not be cloned, once for all wires that did not send it. */
  readonly onUnclonable: (error: unknown, event: ClonedEnvelope) => void;
}

/** A wire over a worker, a port, or the scope inside a worker, which the program can use as well. */
export class WorkerWire implements Wire<CloneFrame> {
  state: "connecting" | "open" | "closed" = "connecting";
  readonly #worker: WorkerLike;
  readonly #options: WorkerWireOptions;
  #events: WireEvents | undefined;
  #stopListening: (() => void)[] = [];
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #farSaidBye = false;
  /** The worker's error, while its exit follows. */
  #error: unknown;
  /** The bytes of frames that were sent. */
  #sentBytes = 0;
  /** Those of them that were sent when the far end was last asked how many it has received. */
  #askedBytes = 0;
  /** The bytes of frames that the far end has received, by its last answer. */
  #takenBytes = 0;
  /** The bytes of frames that were received here, by their sender's count. */
  #receivedBytes = 0;

  /** Throws a `TypeError` unless it is given a worker, a port or a scope. */
  constructor(worker: WorkerLike, options: WorkerWireOptions) {
    assertWorkerLike(worker);
    this.#worker = worker;
    this.#options = options;
  }

  /** The bytes that were sent and not received, as far as is known: 0 while no question is open. */
  get bufferedBytes(): number {
    return this.#askedBytes > this.#takenBytes ? this.#sentBytes - this.#takenBytes : 0;
  }

  start(events: WireEvents): void {
    this.#events = events;
    const worker = this.#worker;
    this.#stopListening = [
      onWorkerEvent(worker, "message", ({ data }) => this.#onMessage(data)),
      onWorkerEvent(worker, "messageerror", () => this.#events?.onFrame({ frame: undefined, bytes: 0 })),
      onWorkerEvent(worker, "close", () => this.#end({ error: new Error("The port was closed") })),
    ];
    // In a worker's own scope these events are about itself, and the host gets them too.
    if (this.#options.side === "hub") {
      this.#stopListening.push(
        onWorkerEvent(worker, "error", this.#onError),
        onWorkerEvent(worker, "exit", this.#onExit),
      );
    }
    worker.start?.();
    this.#post({ ready: this.#options.side });
  }

  send(frame: CloneFrame): void {
    // Transferables go alone: Deno detaches them even if the rest of the message cannot be cloned.
    if (frame.some(({ body }) => body.transfer.length > 0)) return this.#sendEach(frame);
    try {
      this.#postFrame(frame);
    } catch {
      this.#sendEach(frame);
    }
  }

  close(code: number, reason: string): void {
    if (this.state === "closed") return;
    const willAnswer = this.state === "open" && !this.#farSaidBye;
    this.state = "closed";
    // The first two codes only say that the end was asked for.
    const bye = controlEnvelope({ kind: "bye", ...(code > GOING_AWAY && { code }), reason });
    this.#post({ frame: bye, bytes: 0 });
    if (willAnswer) this.#deadline = setTimeout(() => this.#end({}), CLOSE_DEADLINE_MS - BYE_MARGIN_MS);
    else queueMicrotask(() => this.#end({}));
  }

  detach(): void {
    this.state = "closed";
    clearTimeout(this.#deadline);
    this.#events = undefined;
    for (const stop of this.#stopListening.splice(0)) stop();
  }

  #sendEach(frame: CloneFrame): void {
    const faults = new Map<ClonedEnvelope, unknown>();
    for (const event of frame) {
      try {
        this.#postFrame([event], event.body.transfer);
      } catch (error) {
        // If not even an empty message can be sent, the wire is broken, and the error must end it.
        this.#worker.postMessage(markMessage({}));
        faults.set(event, error);
      }
    }
    // After all others are sent: the callback may publish, or close the wire.
    for (const [event, error] of faults) {
      if (reported.has(event)) continue;
      reported.add(event);
      this.#options.onUnclonable(error, event);
    }
  }

  #postFrame(events: CloneFrame, transfer: readonly object[] = []): void {
    const bytes = events.reduce((sum, event) => sum + event.bytes, 0);
    const envelopes = events.map(({ body, at }) =>
      at === undefined ? body.envelope : { ...body.envelope, at }
    );
    const frame = envelopes.length === 1 ? envelopes[0] : envelopes;
    const ask = this.#sentBytes + bytes - this.#askedBytes >= this.#options.askAfterBytes;
    // Cast: each runtime has its own type of transferables, and checks them.
    this.#worker.postMessage(markMessage({ frame, bytes, ...(ask ? { ask } : {}) }), transfer as never[]);
    this.#sentBytes += bytes;
    if (ask) this.#askedBytes = this.#sentBytes;
  }

  /** Sends a message without values of the program. */
  #post(message: WorkerMessage): void {
    try {
      this.#worker.postMessage(markMessage(message));
    } catch (error) {
      queueMicrotask(() => this.#end({ error }));
    }
  }

  #onMessage(data: unknown): void {
    const message = readMessage(data);
    if (message === undefined) return;
    const { ready, taken, bytes } = message;
    if (ready !== undefined) this.#onReady(ready);
    // The far end cannot take an answer back, nor have received more than was sent.
    if (taken !== undefined) this.#takenBytes = Math.min(Math.max(taken, this.#takenBytes), this.#sentBytes);
    if (bytes === undefined) return;
    this.#receivedBytes += bytes;
    if (message.ask) this.#post({ taken: this.#receivedBytes });
    this.#onFrame(message.frame, bytes);
  }

  #onReady(ready: Ready): void {
    const { side } = this.#options;
    if (this.state !== "connecting" || (ready === "hub") === (side === "hub")) return;
    // The link may have started after the first message to it.
    if (ready === "link") return this.#post({ ready: side });
    this.state = "open";
    this.#events?.onOpen();
    if (ready === "hub") this.#post({ ready: "open" });
  }

  #onFrame(frame: unknown, bytes: number): void {
    this.#farSaidBye = isBye(Array.isArray(frame) ? frame.at(-1) : frame);
    const answered = this.#farSaidBye && this.state === "closed";
    this.#events?.onFrame({ frame, bytes } satisfies ArrivedFrame);
    if (answered) this.#end({});
  }

  readonly #onError = (event: WorkerLikeEvent): void => {
    // Deno ends the process over a worker's error unless it is prevented.
    event.preventDefault?.();
    const error = event.error ?? new Error(event.message || "The worker failed");
    // In Node and Bun it can overtake messages of the worker, which all come before the exit that follows.
    if (this.#worker.addEventListener === undefined) return void (this.#error = error);
    // A worker that survives its errors must know that nobody listens to it any more.
    if (this.state === "open") {
      this.#post({ frame: controlEnvelope({ kind: "bye", reason: "the worker failed" }), bytes: 0 });
    }
    this.#end({ error });
  };

  readonly #onExit = ({ data }: WorkerLikeEvent): void => {
    this.#end({ error: this.#error ?? new Error(`The worker exited with the code ${String(data)}`) });
  };

  #end(end: WireEnd): void {
    const events = this.#events;
    this.detach();
    // Its program may not catch the error of the lost connection.
    if (this.#options.side === "hub") preventErrors(this.#worker);
    events?.onEnd(end);
  }
}

/** The envelopes that could not be cloned and were reported. */
const reported = new WeakSet<ClonedEnvelope>();

/** The workers whose errors are prevented. */
const prevented = new WeakSet<WorkerLike>();

/** Keeps a worker's errors from ending this process, as those of `node:worker_threads` and of Deno's workers would. */
function preventErrors(worker: WorkerLike): void {
  if (prevented.has(worker)) return;
  prevented.add(worker);
  onWorkerEvent(worker, "error", (event) => event.preventDefault?.());
}

function isBye(envelope: unknown): boolean {
  return typeof envelope === "object" && envelope !== null &&
    (envelope as { type?: unknown }).type === BYE_TYPE;
}
