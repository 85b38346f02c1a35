import { onAbort } from "../../core/abort.ts";
import { assertSignal } from "../../core/arguments.ts";
import { BaseEventTarget } from "../../core/base_event_target.ts";
import { RefusedError } from "../../core/errors.ts";
import { assertEnvelope, topicOfEnvelope } from "../../core/envelope.ts";
import type { Readiness } from "../../core/listener_table.ts";
import type { EventEnvelope, EventTargetOptions, FlushOptions } from "../../core/types.ts";
import { Announcer } from "./announcer.ts";
import { NORMAL_CLOSURE } from "../_wire/close_codes.ts";
import { connectionLost, unsentError } from "../_wire/connection_lost.ts";
import type { Control, RefusedTopic } from "../_wire/frame.ts";
import { Peer, type PeerControl, type PeerOwner } from "../_session/session.ts";
import { peerBounds, type PeerOptions } from "../_session/options.ts";
import { assertBound, MAX_TIMER_MS } from "../../core/arguments.ts";
import { type Via, viaOf, withVia } from "../../core/via.ts";
import type { NextWire, Wire, WireEnd } from "../_wire/wire.ts";
import type { Codec, Encoded } from "../_wire/codec.ts";

/** Options of an event target with one peer. */
export interface LinkOptions extends EventTargetOptions, PeerOptions {
  /**
   * How long a connection may take to be open, in milliseconds: until the far end has accepted it and `onOpen` has
   * resolved. Then it has failed.
   *
   * @default no limit
   */
  readonly connectTimeoutMs?: number;
  /**
   * Prepares each connection, for example by telling the hub who this is. It is called when the hub has been told of all
   * subscriptions; what is published waits until the promise that it returns resolves. If it throws or rejects, the
   * connection has failed, and is closed.
   *
   * `send` sends an envelope on this connection, ahead of all that waits. It must take no more bytes than the hub accepts,
   * and no more than 65,536 if the hub has not said hello yet; else it is dropped and reported (`encode`).
   */
  readonly onOpen?: (send: (envelope: EventEnvelope) => void) => Promise<void> | void;
  /** Closes the event target once it aborts, as `close()` does. */
  readonly signal?: AbortSignal;
  /**
   * Whether a hub that has an `upstream` sends back what is published here to what is subscribed here. A hub without
   * one never does.
   *
   * @default true
   */
  readonly echo?: boolean;
}

/**
 * The side of a wire with one peer: what is published here crosses to the hub, and the hub sends what is listened to
 * here. Where a wire has another one to go on with, the link does: each has a peer and an announcer of its own, so that
 * nothing late of one is taken for the next one's.
 */
export class LinkEventTarget<TBody, TFrame> extends BaseEventTarget implements PeerOwner {
  dropped = 0;
  readonly #codec: Codec<TBody, TFrame>;
  readonly #options: LinkOptions;
  readonly #bounds: Required<PeerOptions>;
  readonly #connectTimeoutMs: number;
  #wire: Wire<TFrame>;
  #peer: Peer<TBody, TFrame>;
  #announcer: Announcer;
  /** Waits for the time to connect, or for the connection to be open. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether it is the time to connect that is waited for. */
  #idle = false;
  /** Since when what is published leaves, by `performance.now()`. */
  #upSince: number | undefined;
  /** Whether events may have been lost that no status has told of. */
  #gap = false;

  /**
   * @param tag What kind of target it is.
   * @param wire The wire to the hub.
   * @param codec How envelopes become frames.
   * @param options Bounds and callbacks.
   */
  constructor(tag: string, wire: Wire<TFrame>, codec: Codec<TBody, TFrame>, options: LinkOptions) {
    const { connectTimeoutMs = Infinity, onOpen, signal } = options;
    super(tag, options, wire.state === "open" && onOpen === undefined ? "open" : "connecting");
    assertBound("connectTimeoutMs", connectTimeoutMs, 1);
    assertSignal(signal);
    this.#codec = codec;
    this.#options = options;
    this.#bounds = peerBounds(options);
    this.#connectTimeoutMs = connectTimeoutMs;
    this.#wire = wire;
    this.#peer = this.#createPeer(wire);
    this.#announcer = this.#createAnnouncer(this.#peer);
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
    return this.#peer.flush(options);
  }

  protected override send(envelope: EventEnvelope, first = false): void {
    let event: Encoded<TBody>;
    try {
      event = this.#codec.encode(envelope, false, {
        later: this.#peer.sendsLater,
        shared: false,
        via: viaOf(envelope),
      });
    } catch (error) {
      return this.report("encode", error, topicOfEnvelope(envelope));
    }
    this.#announcer.flush();
    this.#peer.send(event, first);
  }

  protected override shutdown(): Promise<void> {
    // Nothing can leave before the time to connect.
    if (this.#idle) this.#peer.detach();
    return this.#peer.close(NORMAL_CLOSURE, "");
  }

  admit(): boolean {
    return true;
  }

  onOpen(): Promise<void> | void {
    const send = (control: Control): void => this.#peer.sendControlFirst(control);
    const { onOpen, echo } = this.#options;
    send(this.#peer.ownHello(echo));
    this.#announcer.announceAll(this.listeners.topicNames(), send);
    if (onOpen !== undefined) return this.#prepare(onOpen);
    this.#up();
  }

  onEvent(envelope: EventEnvelope, via: Via | undefined): boolean {
    this.dispatcher.emit(withVia(envelope, via));
    return !this.ended;
  }

  onControl(control: PeerControl): boolean {
    switch (control.kind) {
      case "subscribed":
        for (const topic of control.topics) {
          if (this.#announcer.answered(control.ref, topic)) this.listeners.acknowledge(topic);
        }
        for (const refused of control.refused) {
          if (this.#announcer.answered(control.ref, refused.topic)) this.#refuse(refused);
        }
        if (this.#gap) this.#tellOpen();
        break;
      case "revoked":
        // One that crossed a new question is older than what the hub will answer.
        for (const refused of control.refused) {
          if (!this.#announcer.isAsked(refused.topic)) this.#refuse(refused);
        }
        break;
      case "gap":
        this.#gap = true;
        this.#tellOpen();
        break;
      case "hello":
        break;
      case "subscribe":
      case "unsubscribe":
        this.report("decode", new TypeError(`Cannot take "${control.kind}" from a hub`));
        break;
    }
    return !this.ended;
  }

  onOversized(): void {
    const { maxFrameBytes } = this.#bounds;
    this.report("decode", new RangeError(`Cannot take a frame of more than ${maxFrameBytes} bytes`));
  }

  onMalformed(error: Error): void {
    this.report("decode", error);
  }

  onEnd(end: WireEnd, lost: number, waiting: number): void {
    clearTimeout(this.#timer);
    // After the local close() an end, and a fault on the way there, is what was asked for.
    const unasked = !this.ended;
    const upMs = this.#upSince === undefined ? 0 : performance.now() - this.#upSince;
    const next = unasked ? this.#wire.next?.(end, upMs) : undefined;
    if (next !== undefined) this.#reconnect(next, end);
    else if (unasked) this.end(connectionLost(end), { code: end.code, reason: end.reason });
    if (end.error !== undefined && (unasked || end.stage === "publish")) {
      this.report(end.stage ?? "connect", end.error);
    }
    const unsent = next === undefined ? lost + waiting : lost;
    if (unsent > 0) this.report("publish", unsentError(unsent));
  }

  onReleased(): void {}

  #createPeer(wire: Wire<TFrame>): Peer<TBody, TFrame> {
    return new Peer(wire, this.#codec, this.#bounds, this, true);
  }

  #createAnnouncer(peer: Peer<TBody, TFrame>): Announcer {
    return new Announcer((control) => peer.sendControl(control));
  }

  #connect(): void {
    const peer = this.#peer;
    const ms = this.#connectTimeoutMs;
    this.#idle = false;
    this.#timer = ms > MAX_TIMER_MS ? undefined : setTimeout(() => {
      peer.fail(new DOMException(`The connection was not open after ${ms} ms`, "TimeoutError"));
    }, ms);
    peer.start();
  }

  async #prepare(onOpen: NonNullable<LinkOptions["onOpen"]>): Promise<void> {
    const peer = this.#peer;
    await onOpen((envelope) => {
      assertEnvelope(envelope);
      if (!peer.ended) return this.send(envelope, true);
      const topic = topicOfEnvelope(envelope);
      this.report("publish", new Error(`Cannot send "${topic}": its connection has ended`), topic);
    });
    if (!peer.ended) this.#up();
  }

  #up(): void {
    clearTimeout(this.#timer);
    this.#upSince = performance.now();
    if (this.status.state !== "open") this.#tellOpen();
  }

  /** Tells of the connection, and of a gap only when all is subscribed again: whatever was lost was so before that. */
  #tellOpen(): void {
    if (this.ended || this.#upSince === undefined || (this.#gap && this.#announcer.isWaiting)) return;
    const gap = this.#gap;
    this.#gap = false;
    this.setStatus(gap ? { state: "open", gap } : { state: "open" });
  }

  #reconnect({ wire, attempt, delayMs }: NextWire<TFrame>, { code, reason }: WireEnd): void {
    this.#gap ||= this.#announcer.started;
    this.#upSince = undefined;
    this.listeners.suspend();
    const peer = this.#createPeer(wire);
    peer.takeOver(this.#peer);
    this.#wire = wire;
    this.#peer = peer;
    this.#announcer = this.#createAnnouncer(peer);
    this.#idle = true;
    this.#timer = setTimeout(() => this.#connect(), delayMs);
    const state = this.#gap ? "reconnecting" : "connecting";
    this.setStatus({ state, attempt, delayMs, code, reason });
  }

  #refuse({ topic, reason }: RefusedTopic): void {
    const error = new RefusedError(`The far end refused "${topic}": ${reason}`, { topic, reason });
    if (this.listeners.endTopic(topic, error)) this.report("subscribe", error, topic);
  }
}
