import { assertSignal } from "./arguments.ts";
import { showOnConsole } from "./console.ts";
import { Counters } from "./counters.ts";
import { assertEnvelope, topicOfEnvelope } from "./envelope.ts";
import { describe, printable } from "./describe.ts";
import { Dispatcher } from "./dispatcher.ts";
import { ignore } from "./ignore.ts";
import { asEventListener, assertEnvelopeListener, type ListenerList } from "./listener_list.ts";
import { type ListenerOwner, ListenerTable, NO_FAR_END, type Readiness } from "./listener_table.ts";
import { callSafely, type FaultDetails, notify, printError, reportError } from "./report.ts";
import { STATUS_CHANGE, TargetStatus } from "./target_status.ts";
import { assertSubscribable, MAX_TOPIC_BYTES } from "./topic.ts";
import type {
  EnvelopeListener,
  ErrorStage,
  EventEnvelope,
  EventTargetOptions,
  EventTargetStats,
  EventTargetStatus,
  EventTracing,
  FlushOptions,
  ListenerOptions,
  PubSubEventTarget,
  TypedEvent,
} from "./types.ts";

/** The table of targets without listeners. */
const NOBODY = /* @__PURE__ */ new ListenerTable(NO_FAR_END);

/**
 * The common part of all event targets: local listeners, checks of arguments, status, fault reports and the end. A
 * transport implements {@linkcode BaseEventTarget.send} and `dispatchEvent`, and gives what it receives to
 * {@linkcode BaseEventTarget.dispatcher}.
 */
export abstract class BaseEventTarget extends EventTarget implements PubSubEventTarget, ListenerOwner {
  // No properties, so that printing and comparing a target does not walk through its listeners.
  // The first two are made when they are needed: most spokes of a hub have no listeners of their own, and are not heard.
  #listeners = NOBODY;
  #dispatcher: Dispatcher | undefined;
  readonly #counters = new Counters();
  readonly #tag: string;
  readonly #options: EventTargetOptions;
  readonly #status: TargetStatus;
  #closing: Promise<void> | undefined;

  /** `tag` is the target's `Symbol.toStringTag`. */
  constructor(tag: string, options: EventTargetOptions, state: "connecting" | "open") {
    super();
    this.#tag = tag;
    this.#options = options;
    this.#status = new TargetStatus({ state });
    options.tracing?.attach(this);
  }

  /** Sends a valid envelope. Not called after the end. `list` is that of its topic, if it is known. */
  protected abstract send(envelope: EventEnvelope, list?: ListenerList): void;

  /** Sends queued events and releases the transport. Called once, by `close()`. The promise must not reject. */
  protected shutdown(): Promise<void> {
    return Promise.resolve();
  }

  /** Resolves at once, for targets that queue nothing. */
  flush({ signal }: FlushOptions = {}): Promise<void> {
    return signal?.aborted ? Promise.reject(signal.reason) : Promise.resolve();
  }

  /** Asks the far end for a topic before it gets its first listener; `ready` if there is nothing to wait for. */
  onFirstListener(_topic: string, _list: ListenerList): Readiness {
    return "ready";
  }

  /** Gives a topic back to the far end after it has lost its last listener. */
  onLastListener(_topic: string): void {}

  publish(envelope: EventEnvelope): void {
    const list = this.#listeners.listOf(envelope);
    if (list === undefined && !this.#accepts(envelope)) return;
    this.#counters.publish(envelope.type);
    try {
      this.send(envelope, list);
    } catch (error) {
      this.#onThrown(envelope, error);
    }
  }

  listen(type: string, id: string | undefined, listener: EnvelopeListener): () => void {
    assertSubscribable({ type, id });
    assertEnvelopeListener(listener);
    if (!this.#status.ended) return this.listeners.listen({ type, id }, listener);
    callSafely(() => listener.onEnd?.(this.#status.error), (error) => this.report("listener", error));
    return () => {};
  }

  override addEventListener(type: string, callback: unknown, options?: ListenerOptions | boolean): void {
    const topic = String(type);
    this.assertTopic(topic);
    const listener = asEventListener(callback);
    if (typeof options === "object") assertSignal(options?.signal);
    // The last status is still to come between the call of `close()` and the end.
    const isOver = topic === STATUS_CHANGE ? this.#status.isClosed : this.#status.ended;
    if (listener === undefined || isOver) return;
    this.#tableOf(topic).addEventListener(topic, listener, options);
  }

  override removeEventListener(
    type: string,
    callback: unknown,
    options?: Pick<ListenerOptions, "capture"> | boolean,
  ): void {
    const listener = asEventListener(callback);
    const topic = String(type);
    if (listener !== undefined) this.#tableOf(topic).removeEventListener(topic, listener, options);
  }

  abstract override dispatchEvent(event: TypedEvent): boolean;

  protected get listeners(): ListenerTable {
    if (this.#listeners === NOBODY) this.#listeners = new ListenerTable(this);
    return this.#listeners;
  }

  protected get hadListeners(): boolean {
    return this.#listeners !== NOBODY;
  }

  protected get dispatcher(): Dispatcher {
    return this.#dispatcher ??= new Dispatcher(this, this.listeners);
  }

  protected get counters(): Counters {
    return this.#counters;
  }

  get tracing(): EventTracing | undefined {
    return this.#options.tracing;
  }

  get [Symbol.toStringTag](): string {
    return this.#tag;
  }

  /** How the target stands beside its status and its numbers, for the console. */
  facts?(): object;

  get status(): EventTargetStatus {
    return this.#status.current;
  }

  get closed(): Promise<Error | undefined> {
    return this.#status.closed;
  }

  close(): Promise<void> {
    if (this.#closing !== undefined) return this.#closing;
    // Set before listeners are notified: one of them may close the target again.
    this.#closing = this.closed.then(ignore);
    if (!this.#status.isClosed) {
      this.#endListeners(undefined);
      void this.shutdown().then(() => this.end(undefined));
    }
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Whether an event that is published here is heard here. */
  protected get isHeardAtOnce(): boolean {
    return true;
  }

  stats(): EventTargetStats {
    return this.#counters.stats(this.#listeners, this.#dispatcher ?? {}, this.isHeardAtOnce);
  }

  /** Reports a fault that is not the caller's mistake. */
  report(stage: ErrorStage, error: unknown, topic?: string, more?: FaultDetails): void {
    this.#counters.report(stage);
    // A peer may have chosen it, of any length, and a handler may print or keep it.
    const kept = topic !== undefined && { topic: printable(topic, MAX_TOPIC_BYTES) };
    reportError(this.#options.onError ?? printError, error, { target: this, stage, ...kept, ...more });
  }

  /** Counts and reports an event that came after the end. `action` is what cannot be done on the topic. */
  protected reportLate(action: string, topic: string, why = "the event target is closed"): void {
    this.#counters.closed++;
    this.report("publish", new Error(`Cannot ${action} ${describe(topic)}: ${why}`), topic);
  }

  protected get ended(): boolean {
    return this.#status.ended;
  }

  /** Checks the topic of `addEventListener`. Here, any event type is one. */
  protected assertTopic(_topic: string): void {}

  /** Changes the status, and notifies the listeners of gaps and of the status. After the end, only `closed` follows. */
  protected setStatus(status: EventTargetStatus): void {
    if (!this.#status.set(status)) return;
    if (status.gap) {
      this.#counters.gaps++;
      this.notifyGap();
    }
    notify(this, () => this.#options.onStatus?.(status));
    this.#status.dispatch(this);
  }

  /** Notifies the listeners that events may have been missed. */
  protected notifyGap(): void {
    this.#listeners.notifyGap();
  }

  /** Ends listeners, then sets the status, then resolves `closed`. Only the first call counts. */
  protected end(error: Error | undefined, status: Omit<EventTargetStatus, "state" | "error"> = {}): void {
    this.#endListeners(error);
    const { error: first } = this.#status;
    this.setStatus({ state: "closed", ...status, ...(first && { error: first }) });
  }

  /** The transport has thrown at an event, such as a socket whose `bufferedAmount` throws. */
  #onThrown(envelope: EventEnvelope, error: unknown): void {
    this.#counters.failed++;
    this.report("publish", error, topicOfEnvelope(envelope));
  }

  /** After the end, nobody listens: only events without a listener need this check. */
  #accepts(envelope: EventEnvelope): boolean {
    assertEnvelope(envelope);
    if (this.#status.ended) this.reportLate("publish on", topicOfEnvelope(envelope));
    return !this.#status.ended;
  }

  #tableOf(topic: string): ListenerTable {
    return topic === STATUS_CHANGE ? this.#status.listeners : this.listeners;
  }

  #endListeners(error: Error | undefined): void {
    if (this.#status.endWith(error)) this.#listeners.endAll(error);
  }
}

showOnConsole(BaseEventTarget, (target, { shownStats }) => {
  // Nothing that a program gave it.
  const facts = { status: target.status, ...target.facts?.(), ...shownStats({ ...target.stats() }) };
  return [target[Symbol.toStringTag], facts];
});
