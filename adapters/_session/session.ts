import { CLOSE_DEADLINE_MS, MAX_TIMER_MS } from "../../core/arguments.ts";
import { decodeError, keepable } from "../../core/describe.ts";
import { ConnectionLostError } from "../../core/errors.ts";
import { PendingFlushes } from "../../core/pending_flushes.ts";
import type { FlushOptions } from "../../core/types.ts";
import { HEARTBEAT_TIMEOUT, NORMAL_CLOSURE } from "../_wire/close_codes.ts";
import { connectionLost } from "../_wire/connection_lost.ts";
import { type Control, FrameFaults, type Hello, readControl, readEvent, viaIn } from "../_wire/frame.ts";
import type { Wire, WireEnd, WireEvents } from "../_wire/wire.ts";
import { Heartbeat, type HeartbeatHost } from "./heartbeat.ts";
import { Sender } from "./sender.ts";
import { ELEMENTS_PER_TOKEN, type SessionHandler, type SessionParts } from "./parts.ts";

/** The reference of a ping that only asks for a sign of life. */
const LIVENESS_REF = "";

/** One end of a wire, from its start to its end: what a link and each spoke of a hub have in common. */
export class Session implements WireEvents, HeartbeatHost {
  readonly wire: Wire;
  readonly sender: Sender;
  readonly #parts: SessionParts;
  readonly #handler: SessionHandler;
  readonly #heartbeat: Heartbeat | undefined;
  /** Made for the first flush, since most spokes never see one. */
  #flushes: PendingFlushes | undefined;
  #closing: Promise<void> | undefined;
  #onEnded: (() => void) | undefined;
  /** Set while `close()` waits for events that cannot leave before the wire opens or the hub says hello. */
  #closeOnceSent: (() => void) | undefined;

  constructor(parts: SessionParts, handler: SessionHandler) {
    this.#parts = parts;
    this.wire = parts.wire;
    this.#handler = handler;
    this.sender = new Sender(parts, (error) => this.fail(error));
    const { heartbeatMs } = parts.bounds;
    this.#heartbeat = heartbeatMs > MAX_TIMER_MS ? undefined : new Heartbeat(heartbeatMs, this);
  }

  /** Whether the session is over. */
  get ended(): boolean {
    return this.sender.stopped;
  }

  /** Starts the wire. */
  start(): void {
    this.wire.start(this);
  }

  /** Resolves once the peer has answered everything that was sent before. */
  flush({ signal }: FlushOptions = {}): Promise<void> {
    if (this.ended) {
      return Promise.reject(new ConnectionLostError("Cannot flush: the connection has ended"));
    }
    this.#flushes ??= new PendingFlushes(this.#parts.bounds.flushTimeoutMs);
    return this.#flushes.start((ref) => this.#ask(ref), signal);
  }

  /** Sends what waits, then ends the wire. Resolves when the wire has ended, or after a second and a half. */
  close(code: number, reason: string): Promise<void> {
    if (this.ended) return Promise.resolve();
    this.#heartbeat?.stop();
    const { outbox } = this.sender;
    return this.#closing ??= new Promise((resolve) => {
      const deadline = setTimeout(() => {
        if (this.#closeOnceSent !== undefined) this.wire.close(code, reason);
        this.#finish({});
      }, CLOSE_DEADLINE_MS);
      this.#onEnded = () => {
        clearTimeout(deadline);
        resolve();
      };
      this.#closeOnceSent = () => {
        outbox.flush();
        if (outbox.size > 0) return;
        this.#closeOnceSent = undefined;
        this.wire.close(code, reason);
      };
      const nothingWaits = this.wire.state !== "open" && outbox.size === 0;
      if (this.sender.isOpen || nothingWaits) this.#closeOnceSent();
    });
  }

  /** Continues a session that has ended: with its waiting events, and its flushes if none of its events had left. */
  takeOver(before: Session): void {
    for (const event of before.sender.outbox.takeEvents()) this.sender.outbox.push(event);
    if (before.sender.isOpen) return;
    this.#flushes = before.#flushes;
    before.#flushes = undefined;
    this.#askAll();
  }

  /** Ends the session over a fault of this side. */
  fail(error: unknown): void {
    if (this.ended) return;
    this.wire.close(NORMAL_CLOSURE, "");
    this.#finish({ error });
  }

  /** Ends the session without sending what waits. */
  drop(code: number, reason: string): void {
    this.wire.close(code, reason);
    this.#finish({ code, reason });
  }

  /** Ends the session, and leaves the runtime's object open. */
  detach(): void {
    this.wire.detach();
    this.onEnd({});
  }

  onOpen(): void {
    if (this.ended) return;
    if (this.#parts.peer.speaksProtocol) this.#heartbeat?.start();
    const prepared = this.#handler.onOpen();
    if (prepared === undefined) return this.#open();
    this.sender.isPreparing = true;
    void prepared.then(() => this.#open(), (error) => this.fail(error));
  }

  onFrame(data: unknown): void {
    const { codec, bounds, guard } = this.#parts;
    // The guard may have ended it.
    if (this.ended || guard?.mayReceive(0) === false || this.ended) return;
    if (this.#heartbeat !== undefined) this.#heartbeat.heard = true;
    if (codec.isLargerThan(data, bounds.maxFrameBytes)) {
      return void this.#handler.onControl({ kind: "oversized" });
    }
    let frame: unknown;
    try {
      frame = codec.decode(data);
    } catch (cause) {
      const error = decodeError("a frame", cause);
      return void this.#handler.onControl({ kind: "malformed", error });
    }
    const values: readonly unknown[] = Array.isArray(frame) ? frame : [frame];
    if (values.length >= ELEMENTS_PER_TOKEN && guard?.mayReceive(values.length) === false) return;
    let faults: FrameFaults | undefined;
    for (const value of values) {
      const event = readEvent(value);
      const control = event === undefined ? readControl(value) : undefined;
      let continues = true;
      if (event !== undefined) continues = this.#handler.onEvent(event, viaIn(value));
      else if (typeof control === "object") continues = this.#onControl(control);
      else if (control !== undefined) (faults ??= new FrameFaults()).add(control, value);
      if (!continues || this.ended) break;
    }
    guard?.onRead?.();
    if (faults === undefined) return;
    this.#handler.onControl({ kind: "malformed", error: faults.toError(values.length) });
  }

  onEnd(end: WireEnd): void {
    this.#finish(end);
    this.#handler.onReleased();
  }

  onSilence(): void {
    this.sender.sendControl({ kind: "ping", ref: LIVENESS_REF }, true);
  }

  onDeath(): void {
    this.drop(HEARTBEAT_TIMEOUT, `no sign of life for ${2 * this.#parts.bounds.heartbeatMs} ms`);
  }

  #open(): void {
    this.sender.open();
    this.#closeOnceSent?.();
  }

  #finish({ reason, ...rest }: WireEnd): void {
    if (this.ended) return;
    // The peer may have given it.
    const end: WireEnd = reason === undefined ? rest : { ...rest, reason: keepable(reason) };
    this.#heartbeat?.stop();
    const { lost, waiting } = this.sender.stop();
    this.#handler.onEnd(end, lost, waiting);
    this.sender.outbox.takeEvents();
    this.#flushes?.rejectAll(connectionLost(end));
    this.#onEnded?.();
  }

  #onControl(control: Control): boolean {
    switch (control.kind) {
      case "ping":
        return this.#onPing(control.ref);
      case "pong":
        this.#flushes?.answer(control.ref);
        return true;
      case "bye":
        this.wire.close(NORMAL_CLOSURE, "");
        this.#finish({ reason: control.reason });
        return false;
      case "hello":
        this.#onHello(control.hello);
    }
    return this.#handler.onControl(control);
  }

  #onPing(ref: string): boolean {
    const answer = (): void => this.sender.answerPing(ref);
    if (ref !== LIVENESS_REF) return this.#handler.onControl({ kind: "flush", ref, answer });
    answer();
    return true;
  }

  #onHello(hello: Hello): void {
    const isFirst = this.sender.hello === undefined;
    this.#heartbeat?.start();
    this.sender.applyHello(hello);
    if (isFirst && !this.#parts.peer.speaksProtocol) this.#askAll();
    this.sender.outbox.flush();
    this.#closeOnceSent?.();
  }

  /** Asks a peer for the answer to a flush. A peer that has yet to say hello is asked when it does. */
  #ask(ref: string): void {
    if (this.#parts.peer.speaksProtocol || this.sender.hello !== undefined) {
      this.sender.sendControl({ kind: "ping", ref });
    }
  }

  #askAll(): void {
    for (const ref of this.#flushes?.refs ?? []) this.#ask(ref);
  }
}
