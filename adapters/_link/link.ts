import { onAbort } from "../../core/abort.ts";
import { assertBound, assertSignal, MAX_TIMER_MS } from "../../core/arguments.ts";
import { FarEndEventTarget } from "../../core/far_end_event_target.ts";
import { assertEnvelope, topicOfEnvelope } from "../../core/envelope.ts";
import { RefusedError } from "../../core/errors.ts";
import type { Readiness } from "../../core/listener_table.ts";
import { acknowledge, endTopic, suspend, topicNames } from "../../core/topic_answers.ts";
import type { EventEnvelope, FlushOptions } from "../../core/types.ts";
import { type Via, viaOf, withVia } from "../../core/via.ts";
import { sessionBounds } from "../_session/options.ts";
import { Session } from "../_session/session.ts";
import { HUB_PEER, type SessionControl, type SessionHandler, type SessionParts } from "../_session/parts.ts";
import { NORMAL_CLOSURE } from "../_wire/close_codes.ts";
import type { Codec } from "../_wire/codec.ts";
import { connectionLost, reportEnd } from "../_wire/connection_lost.ts";
import type { RefusedTopic } from "../_wire/frame.ts";
import type { NextWire, Wire, WireEnd } from "../_wire/wire.ts";
import { Announcer } from "./announcer.ts";
import type { LinkOptions } from "./options.ts";

/**
 * The side with one peer: published events go to a hub, which sends the events that are listened to here. If a wire has
 * a successor, the link continues with it, in a new session with a new announcer: nothing that arrives late on one
 * connection is mistaken for an event of the next.
 */
export class LinkEventTarget extends FarEndEventTarget implements SessionHandler {
  readonly #options: LinkOptions;
  readonly #parts: Omit<SessionParts, "wire">;
  #session: Session;
  #announcer: Announcer;
  /** Runs until the next attempt, or until the connection is open. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether the link waits for the next attempt. */
  #isWaiting = false;
  /** When the connection opened, by `performance.now()`. */
  #upSince: number | undefined;
  /** Whether events may have been lost since the last status. */
  #gap = false;

  /** @param wire The wire to the hub, not started yet. */
  constructor(tag: string, wire: Wire, codec: Codec, options: LinkOptions) {
    const { connectTimeoutMs = Infinity, onOpen, signal } = options;
    super(tag, options, wire.state === "open" && onOpen === undefined ? "open" : "connecting");
    assertBound("connectTimeoutMs", connectTimeoutMs, 1);
    assertSignal(signal);
    this.#options = options;
    this.#parts = { codec, bounds: sessionBounds(options), peer: HUB_PEER, reporter: this };
    this.#session = new Session({ ...this.#parts, wire }, this);
    this.#announcer = new Announcer(this.#session.sender);
    this.#connect();
    if (signal?.aborted) void this.close();
    else if (signal !== undefined) void this.closed.then(onAbort(signal, () => void this.close()));
  }

  override onFirstListener(topic: string): Readiness {
    this.#announcer.announce("subscribe", topic);
    return "pending";
  }

  override onLastListener(topic: string): void {
    if (!this.ended) this.#announcer.announce("unsubscribe", topic);
  }

  override flush(options?: FlushOptions): Promise<void> {
    this.#announcer.flush();
    return this.#session.flush(options);
  }

  protected override send(envelope: EventEnvelope, first = false): void {
    const event = this.#session.sender.encode(envelope, viaOf(envelope));
    if (event === undefined) return;
    this.#announcer.flush();
    // Another session, if the wire ended over that.
    this.#session.sender.send(event, first);
  }

  protected override shutdown(): Promise<void> {
    // Nothing can leave before the next attempt.
    if (this.#isWaiting) this.#session.detach();
    return this.#session.close(NORMAL_CLOSURE, "");
  }

  onOpen(): Promise<void> | void {
    const { sender } = this.#session;
    const { onOpen, echo } = this.#options;
    sender.sendControl(sender.ownHello(echo), true);
    // A wire can end inside `send`. The next session says its own hello.
    if (sender.stopped) return;
    this.#announcer.announceAll(topicNames(this.listeners));
    if (onOpen !== undefined) return this.#prepare(onOpen);
    this.#onUp();
  }

  onEvent(envelope: EventEnvelope, via: Via | undefined): boolean {
    this.dispatcher.emit(withVia(envelope, via));
    return !this.ended;
  }

  onControl(control: SessionControl): boolean {
    switch (control.kind) {
      case "subscribed":
        for (const topic of control.topics) {
          if (this.#announcer.takeAnswer(control.ref, topic)) acknowledge(this.listeners, topic);
        }
        for (const refused of control.refused) {
          if (this.#announcer.takeAnswer(control.ref, refused.topic)) this.#refuse(refused);
        }
        if (this.#gap) this.#notifyOpen();
        break;
      case "revoked":
        // If a newer request is on its way, the hub will answer that one.
        for (const refused of control.refused) {
          if (!this.#announcer.isRequested(refused.topic)) this.#refuse(refused);
        }
        break;
      case "gap":
        this.#gap = true;
        this.#notifyOpen();
        break;
      case "flush":
        // All that arrived before is handled.
        control.answer();
        return true;
      case "malformed":
        this.report("decode", control.error);
        break;
      case "oversized": {
        const { maxFrameBytes } = this.#parts.bounds;
        this.report("decode", new RangeError(`Received a frame larger than ${maxFrameBytes} bytes`));
        break;
      }
      case "subscribe":
      case "unsubscribe":
        this.report("decode", new TypeError(`Received "${control.kind}" from a hub: only a spoke sends it`));
    }
    return !this.ended;
  }

  onEnd(end: WireEnd, lost: number, waiting: number): void {
    clearTimeout(this.#timer);
    // After close() the end was asked for, and so was a fault on the way there.
    const isUnexpected = !this.ended;
    const upMs = this.#upSince === undefined ? 0 : performance.now() - this.#upSince;
    const next = isUnexpected ? this.#session.wire.next?.(end, upMs) : undefined;
    if (next !== undefined) this.#reconnect(next, end);
    else if (isUnexpected) this.end(connectionLost(end), { code: end.code, reason: end.reason });
    reportEnd(this, end, isUnexpected, next === undefined ? lost + waiting : lost);
  }

  onReleased(): void {}

  #connect(): void {
    const session = this.#session;
    const { connectTimeoutMs: ms = Infinity } = this.#options;
    this.#isWaiting = false;
    this.#timer = ms > MAX_TIMER_MS ? undefined : setTimeout(() => {
      session.fail(new DOMException(`The connection was not open after ${ms} ms`, "TimeoutError"));
    }, ms);
    session.start();
  }

  async #prepare(onOpen: NonNullable<LinkOptions["onOpen"]>): Promise<void> {
    const session = this.#session;
    await onOpen((envelope) => {
      assertEnvelope(envelope);
      if (!session.ended) return this.send(envelope, true);
      const topic = topicOfEnvelope(envelope);
      this.report("publish", new Error(`Cannot send "${topic}": its connection has ended`), topic);
    });
    if (!session.ended) this.#onUp();
  }

  #onUp(): void {
    clearTimeout(this.#timer);
    this.#upSince = performance.now();
    if (this.status.state !== "open") this.#notifyOpen();
  }

  /** Reports `open`. A gap is reported once every topic is subscribed again: all losses come before that. */
  #notifyOpen(): void {
    if (this.ended || this.#upSince === undefined || (this.#gap && this.#announcer.isWaiting)) return;
    const gap = this.#gap;
    this.#gap = false;
    this.setStatus(gap ? { state: "open", gap } : { state: "open" });
  }

  #reconnect({ wire, attempt, delayMs }: NextWire, { code, reason }: WireEnd): void {
    this.#gap ||= this.#announcer.started;
    this.#upSince = undefined;
    suspend(this.listeners);
    const session = new Session({ ...this.#parts, wire }, this);
    session.takeOver(this.#session);
    this.#session = session;
    this.#announcer = new Announcer(session.sender);
    this.#isWaiting = true;
    this.#timer = setTimeout(() => this.#connect(), delayMs);
    const state = this.#gap ? "reconnecting" : "connecting";
    this.setStatus({ state, attempt, delayMs, code, reason });
  }

  #refuse({ topic, reason }: RefusedTopic): void {
    const error = new RefusedError(`The far end refused "${topic}": ${reason}`, { topic, reason });
    if (endTopic(this.listeners, topic, error)) this.report("subscribe", error, topic);
  }
}
