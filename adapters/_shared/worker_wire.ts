import { describe } from "../../core/envelope.ts";
import type { EventEnvelope } from "../../core/types.ts";
import { controlEnvelope } from "./frame.ts";
import type { ArrivedFrame, CloneBody, CloneFrame } from "./structured_clone_codec.ts";
import type { Encoded, Wire, WireEnd, WireEvents } from "./wire.ts";
import { onWorkerEvent, type WorkerLike, type WorkerLikeEvent } from "./worker_like.ts";

/** Marks the messages of this library. */
const MARK = "@alkdev/pubsub";

/** How many bytes are taken at most before their sender is told. */
const ACK_BYTES = 64 * 1024;

/** How long the far end may take to answer a close, in milliseconds. */
const CLOSE_DEADLINE_MS = 1000;

const BYE_TYPE = controlEnvelope({ kind: "bye" }).type;

/** What a message of the far end may hold. */
interface Message extends Partial<Readonly<Record<string, unknown>>> {
  /** One envelope or several. */
  readonly frame?: unknown;
  /** The size of the frame, as its sender counts it. */
  readonly bytes?: unknown;
  /** How many bytes of frames the far end has taken in all. */
  readonly taken?: unknown;
  /** The far end listens; `true` once it has sent all that comes first. */
  readonly ready?: unknown;
}

/** Options of {@linkcode workerWire}. */
export interface WorkerWireOptions {
  /** Which end this is: the host waits for what the thread sends first. */
  readonly side: "host" | "thread";
  /** Wires that are not open yet; this one is among them until it is or has ended. */
  readonly waiting: Set<unknown>;
  /** An event could not be cloned, and was not sent. */
  readonly onUnclonable: (error: unknown, event: Encoded<CloneBody>) => void;
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
  const { postMessage, addEventListener, on } = (worker ?? {}) as Partial<WorkerLike>;
  if (typeof postMessage !== "function" || typeof (addEventListener ?? on) !== "function") {
    throw new TypeError(`Cannot use ${describe(worker)} as a worker: it has not the methods of one`);
  }
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
  // In bytes: what was sent, what of it the far end has taken, what was taken here, what the far end knows of that.
  #sent = 0;
  #acknowledged = 0;
  #taken = 0;
  #told = 0;

  constructor(worker: WorkerLike, options: WorkerWireOptions) {
    this.#worker = worker;
    this.#options = options;
    options.waiting.add(this);
  }

  get bufferedBytes(): number {
    // So much may have been taken without a word.
    return Math.max(0, this.#sent - this.#acknowledged - ACK_BYTES);
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
    if (this.#options.side === "host") {
      this.#stopListening.push(
        onWorkerEvent(worker, "error", this.#onError),
        onWorkerEvent(worker, "exit", this.#onExit),
      );
    }
    worker.start?.();
    this.#tell({ ready: false });
  }

  send(frame: CloneFrame): void {
    // What moves goes alone: Deno takes it away from this side even when the rest of the message cannot be cloned.
    if (frame.some(({ body }) => body.transfer.length > 0)) return frame.forEach(this.#sendAlone);
    try {
      this.#post(frame);
    } catch {
      frame.forEach(this.#sendAlone);
    }
  }

  close(_code: number, reason: string): void {
    if (this.state === "closed") return;
    const heard = this.state === "open" && !this.#farSaidBye;
    this.state = "closed";
    this.#options.waiting.delete(this);
    this.#tell({ frame: controlEnvelope({ kind: "bye", reason }), bytes: 0 });
    if (heard) this.#deadline = setTimeout(() => this.#end({}), CLOSE_DEADLINE_MS);
    else queueMicrotask(() => this.#end({}));
  }

  detach(): void {
    this.state = "closed";
    this.#options.waiting.delete(this);
    clearTimeout(this.#deadline);
    this.#events = undefined;
    for (const stop of this.#stopListening.splice(0)) stop();
  }

  readonly #sendAlone = (event: Encoded<CloneBody>): void => {
    try {
      this.#post([event]);
    } catch (error) {
      // If not even an empty message can be sent it is the wire: what this throws ends it.
      this.#worker.postMessage({ [MARK]: 1 });
      this.#options.onUnclonable(error, event);
    }
  };

  #post(events: CloneFrame): void {
    let bytes = 0;
    const transfer: Transferable[] = [];
    const envelopes: EventEnvelope[] = [];
    for (const { body, bytes: size, shared } of events) {
      bytes += size;
      envelopes.push(body.envelope);
      // What several peers get no one of them may take away from the others.
      if (shared !== true) { for (const each of body.transfer) transfer.push(each); }
    }
    const frame = envelopes.length === 1 ? envelopes[0] : envelopes;
    // Each runtime has a type of its own for what can be transferred; what can is for it to say.
    this.#worker.postMessage({ [MARK]: 1, frame, bytes }, transfer as never[]);
    this.#sent += bytes;
  }

  /** Sends what holds nothing of the program's. */
  #tell(message: Message): void {
    try {
      this.#worker.postMessage({ [MARK]: 1, ...message });
    } catch (error) {
      queueMicrotask(() => this.#end({ error }));
    }
  }

  #onMessage(data: unknown): void {
    if (typeof data !== "object" || data === null) return;
    const message = data as Message;
    if (message[MARK] !== 1) return;
    const { ready, taken } = message;
    if (ready !== undefined) this.#onReady(ready === true);
    if (isSize(taken)) this.#acknowledged = Math.min(Math.max(taken, this.#acknowledged), this.#sent);
    if ("frame" in message) this.#onFrame(message.frame, isSize(message.bytes) ? message.bytes : 0);
  }

  #onReady(sentFirst: boolean): void {
    if (this.state !== "connecting") return;
    // It may have started later than the first word to it.
    if (this.#options.side === "host" && !sentFirst) return this.#tell({ ready: false });
    this.state = "open";
    this.#events?.onOpen();
    if (this.#options.side === "thread") this.#tell({ ready: true });
    else this.#options.waiting.delete(this);
  }

  #onFrame(frame: unknown, bytes: number): void {
    // The host's first frame answers the hello; until then large events wait.
    if (this.#options.side === "thread") this.#options.waiting.delete(this);
    this.#taken += bytes;
    if (this.#taken - this.#told >= ACK_BYTES) {
      this.#told = this.#taken;
      this.#tell({ taken: this.#taken });
    }
    this.#farSaidBye = isBye(Array.isArray(frame) ? frame.at(-1) : frame);
    const answered = this.#farSaidBye && this.state === "closed";
    this.#events?.onFrame({ frame, bytes } satisfies ArrivedFrame);
    if (answered) this.#end({});
  }

  readonly #onError = (event: WorkerLikeEvent): void => {
    // Deno ends the whole process over a worker's error that nobody has prevented.
    event.preventDefault?.();
    const error = event.error ?? new Error(event.message || "The worker failed");
    // Where a worker survives its errors it learns that nobody hears it any more.
    if (this.state === "open") {
      this.#tell({ frame: controlEnvelope({ kind: "bye", reason: "the worker failed" }), bytes: 0 });
    }
    this.#end({ error });
  };

  readonly #onExit = ({ data }: WorkerLikeEvent): void => {
    this.#end({ error: new Error(`The worker exited with the code ${String(data)}`) });
  };

  #end(end: WireEnd): void {
    const events = this.#events;
    this.detach();
    // To the thread it is a lost connection, which its program may well not catch.
    if (this.#options.side === "host") preventErrors(this.#worker);
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

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isBye(envelope: unknown): boolean {
  return typeof envelope === "object" && envelope !== null &&
    (envelope as { type?: unknown }).type === BYE_TYPE;
}
