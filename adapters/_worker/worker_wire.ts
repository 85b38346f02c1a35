import type { EventEnvelope } from "../../core/types.ts";
import { FlowControl } from "./flow_control.ts";
import { controlEnvelope } from "../_wire/frame.ts";
import type { ArrivedFrame, CloneBody, CloneFrame } from "./structured_clone_codec.ts";
import type { Wire, WireEnd, WireEvents } from "../_wire/wire.ts";
import type { EncodedEnvelope } from "../_wire/codec.ts";
import { assertWorkerLike, onWorkerEvent, type WorkerLike, type WorkerLikeEvent } from "./worker_like.ts";
import { markMessage, readMessage, type Ready, type WorkerMessage } from "./worker_message.ts";

/** How long the far end may take to answer a close, in milliseconds. */
const CLOSE_DEADLINE_MS = 1000;

const BYE_TYPE = controlEnvelope({ kind: "bye" }).type;

/** Options of {@linkcode workerWire}. */
export interface WorkerWireOptions {
  /** Which end this is: the hub waits for what the link sends first. */
  readonly side: "hub" | "link";
  /** How many bytes are sent before the far end is asked what it has taken. */
  readonly askAfterBytes: number;
  /** An event could not be cloned, and was not sent. */
  readonly onUnclonable: (error: unknown, event: EncodedEnvelope<CloneBody>) => void;
}

/**
 * Makes a wire of a worker, of a port, or of the scope inside a worker. What the program itself sends and hears there
 * stays its own.
 *
 * @param worker The worker, port or scope.
 * @param options Which end it is, and who hears what.
 * @returns The wire.
 * @throws {TypeError} If it is none of them.
 */
export function workerWire(worker: WorkerLike, options: WorkerWireOptions): Wire<CloneFrame> {
  assertWorkerLike(worker);
  return new WorkerWire(worker, options);
}

class WorkerWire implements Wire<CloneFrame> {
  state: "connecting" | "open" | "closed" = "connecting";
  readonly #worker: WorkerLike;
  readonly #options: WorkerWireOptions;
  #events: WireEvents | undefined;
  #stopListening: (() => void)[] = [];
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #farSaidBye = false;
  /** What the worker failed with, where its exit follows. */
  #error: unknown;
  readonly #flowControl: FlowControl;

  constructor(worker: WorkerLike, options: WorkerWireOptions) {
    this.#worker = worker;
    this.#options = options;
    this.#flowControl = new FlowControl(options.askAfterBytes);
  }

  get bufferedBytes(): number {
    return this.#flowControl.waiting;
  }

  start(events: WireEvents): void {
    this.#events = events;
    const worker = this.#worker;
    this.#stopListening = [
      onWorkerEvent(worker, "message", ({ data }) => this.#onMessage(data)),
      onWorkerEvent(worker, "messageerror", () => this.#events?.onFrame({ frame: undefined, bytes: 0 })),
      onWorkerEvent(worker, "close", () => this.#end({ error: new Error("The port was closed") })),
    ];
    // In a worker's own scope these are about itself, and the host hears of them.
    if (this.#options.side === "hub") {
      this.#stopListening.push(
        onWorkerEvent(worker, "error", this.#onError),
        onWorkerEvent(worker, "exit", this.#onExit),
      );
    }
    worker.start?.();
    this.#tell({ ready: this.#options.side });
  }

  send(frame: CloneFrame): void {
    // What moves goes alone: Deno takes it away from this side even when the rest of the message cannot be cloned.
    if (frame.some(({ body }) => body.transfer.length > 0)) return this.#sendEach(frame);
    try {
      this.#post(frame);
    } catch {
      this.#sendEach(frame);
    }
  }

  close(_code: number, reason: string): void {
    if (this.state === "closed") return;
    const heard = this.state === "open" && !this.#farSaidBye;
    this.state = "closed";
    this.#tell({ frame: controlEnvelope({ kind: "bye", reason }), bytes: 0 });
    if (heard) this.#deadline = setTimeout(() => this.#end({}), CLOSE_DEADLINE_MS);
    else queueMicrotask(() => this.#end({}));
  }

  detach(): void {
    this.state = "closed";
    clearTimeout(this.#deadline);
    this.#events = undefined;
    for (const stop of this.#stopListening.splice(0)) stop();
  }

  #sendEach(frame: CloneFrame): void {
    const faults = new Map<EncodedEnvelope<CloneBody>, unknown>();
    for (const event of frame) {
      try {
        this.#post([event]);
      } catch (error) {
        // If not even an empty message can be sent it is the wire: what this throws ends it.
        this.#worker.postMessage(markMessage({}));
        faults.set(event, error);
      }
    }
    // Whoever hears of it may publish, or close the wire, behind the others.
    for (const [event, error] of faults) this.#options.onUnclonable(error, event);
  }

  #post(events: CloneFrame): void {
    let bytes = 0;
    const transfer: Transferable[] = [];
    const envelopes: EventEnvelope[] = [];
    for (const { body, bytes: size } of events) {
      bytes += size;
      envelopes.push(body.envelope);
      for (const each of body.transfer) transfer.push(each);
    }
    const frame = envelopes.length === 1 ? envelopes[0] : envelopes;
    const ask = this.#flowControl.asksWith(bytes);
    // Each runtime has a type of its own for what can be transferred; what can is for it to say.
    this.#worker.postMessage(markMessage({ frame, bytes, ...(ask ? { ask } : {}) }), transfer as never[]);
    this.#flowControl.onSent(bytes, ask);
  }

  /** Sends what holds nothing of the program's. */
  #tell(message: WorkerMessage): void {
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
    if (taken !== undefined) this.#flowControl.onAnswer(taken);
    if (bytes === undefined) return;
    this.#flowControl.onTaken(bytes);
    if (message.ask) this.#tell({ taken: this.#flowControl.taken });
    this.#onFrame(message.frame, bytes);
  }

  #onReady(ready: Ready): void {
    const { side } = this.#options;
    if (this.state !== "connecting" || (ready === "hub") === (side === "hub")) return;
    // The link may have started later than the first word to it.
    if (ready === "link") return this.#tell({ ready: side });
    this.state = "open";
    this.#events?.onOpen();
    if (ready === "hub") this.#tell({ ready: "open" });
  }

  #onFrame(frame: unknown, bytes: number): void {
    this.#farSaidBye = isBye(Array.isArray(frame) ? frame.at(-1) : frame);
    const answered = this.#farSaidBye && this.state === "closed";
    this.#events?.onFrame({ frame, bytes } satisfies ArrivedFrame);
    if (answered) this.#end({});
  }

  readonly #onError = (event: WorkerLikeEvent): void => {
    // Deno ends the whole process over a worker's error that nobody has prevented.
    event.preventDefault?.();
    const error = event.error ?? new Error(event.message || "The worker failed");
    // In Node and Bun it may overtake what the worker had sent, which all comes before the exit that follows.
    if (this.#worker.addEventListener === undefined) return void (this.#error = error);
    // Where a worker survives its errors it learns that nobody hears it any more.
    if (this.state === "open") {
      this.#tell({ frame: controlEnvelope({ kind: "bye", reason: "the worker failed" }), bytes: 0 });
    }
    this.#end({ error });
  };

  readonly #onExit = ({ data }: WorkerLikeEvent): void => {
    this.#end({ error: this.#error ?? new Error(`The worker exited with the code ${String(data)}`) });
  };

  #end(end: WireEnd): void {
    const events = this.#events;
    this.detach();
    // To the thread it is a lost connection, which its program may well not catch.
    if (this.#options.side === "hub") preventErrors(this.#worker);
    events?.onEnd(end);
  }
}

const prevented = new WeakSet<WorkerLike>();

/** Keeps a worker's errors from ending this process, as those of `node:worker_threads` and of Deno's workers do. */
function preventErrors(worker: WorkerLike): void {
  if (prevented.has(worker)) return;
  prevented.add(worker);
  onWorkerEvent(worker, "error", (event) => event.preventDefault?.());
}

function isBye(envelope: unknown): boolean {
  return typeof envelope === "object" && envelope !== null &&
    (envelope as { type?: unknown }).type === BYE_TYPE;
}
