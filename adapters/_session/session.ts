import { MAX_TIMER_MS } from "../../core/arguments.ts";
import { HEARTBEAT_TIMEOUT, MESSAGE_TOO_BIG, NORMAL_CLOSURE } from "../_wire/close_codes.ts";
import type { FlushOptions } from "../../core/types.ts";
import { connectionLost, sessionEnd } from "../_wire/connection_lost.ts";
import { sizeOf } from "../_wire/frame_size.ts";
import { type Control, FrameFaults, type Hello, readControl, readEvent } from "../_wire/frame.ts";
import type { Wire, WireEnd, WireEvents } from "../_wire/wire.ts";
import { type Closing, startClosing } from "./closing.ts";
import { decodeFrame } from "./decode_frame.ts";
import { Heartbeat, type HeartbeatHost } from "./heartbeat.ts";
import { ELEMENTS_PER_TOKEN, type SessionHandler, type SessionParts } from "./parts.ts";
import { WINDOW_BYTES } from "./send_window.ts";
import type { OutboxHost } from "./outbox.ts";
import { LIVENESS_REF, type Sender } from "./sender.ts";
import { SessionFlushes } from "./session_flushes.ts";
import { isSignOfLife, SignOfLife } from "./sign_of_life.ts";

/** One end of a wire, from its start to its end: what a link and each spoke of a hub have in common. */
export class Session<TSender extends Sender = Sender> implements WireEvents, HeartbeatHost, OutboxHost {
  readonly wire: Wire;
  readonly sender: TSender;
  /** Whether the wire held something that does not leave when this end closed it. */
  closedFull = false;
  readonly #parts: SessionParts<TSender>;
  readonly #handler: SessionHandler;
  #heartbeat: Heartbeat | undefined;
  /** Made for a peer that says in its hello how long it waits for one. */
  #signOfLife: SignOfLife | undefined;
  /** Events that were handed to wires before this one and not confirmed. */
  readonly #unconfirmed: number;
  /** Made for the first flush, since most spokes never see one. */
  #flushes: SessionFlushes | undefined;
  #closing: Closing | undefined;
  #discards = false;

  constructor(parts: SessionParts<TSender>, handler: SessionHandler) {
    this.#parts = parts;
    this.wire = parts.wire;
    this.#handler = handler;
    this.sender = parts.peer.createSender(parts, this);
    this.#unconfirmed = parts.traffic.handedOver - parts.traffic.of("confirmed");
    const { heartbeatMs } = parts.bounds;
    if (heartbeatMs <= MAX_TIMER_MS) {
      this.#heartbeat = new Heartbeat(heartbeatMs, this.sender.outbox.window, this);
    }
  }

  get ended(): boolean {
    return this.sender.stopped;
  }

  start(): void {
    this.wire.start(this);
  }

  /** Resolves once the peer has answered everything that was sent before. */
  flush(options?: FlushOptions): Promise<void> {
    return this.#startFlushes().start(options);
  }

  /** Sends what waits, then ends the wire. Resolves when the wire has ended, or after a second and a half. */
  close(code: number, reason: string): Promise<void> {
    if (this.ended) return Promise.resolve();
    this.#stopTimers();
    if (this.#closing === undefined) {
      const { isOpen, outbox } = this.sender;
      this.#closing = startClosing(outbox, () => this.#closeWire(code, reason), () => this.#finish({}));
      const nothingWaits = this.#discards || (this.wire.state !== "open" && outbox.queue.size === 0);
      if (isOpen || nothingWaits) this.#closing.proceed();
    }
    return this.#closing.done;
  }

  /** Drops everything that waits, and keeps `close()` from waiting for the wire. */
  discard(): void {
    this.#discards = true;
    this.#parts.traffic.add("lost", this.sender.outbox.queue.events);
    this.sender.outbox.queue.clear();
    this.#closing?.proceed();
  }

  /** Continues a session that has ended: with its waiting events, and its flushes if none of its events had left. */
  takeOver(before: Session): void {
    this.sender.outbox.queue.takeFrom(before.sender.outbox.queue);
    const { sender } = before;
    if (!sender.isOpen && before.#flushes !== undefined) this.#startFlushes().takeOver(before.#flushes);
  }

  /** Asks the peer for a sign of life now. Without one in that time, the session ends. */
  demandLife(ms: number): void {
    if (this.ended || this.#closing !== undefined) return;
    this.#heartbeat ??= new Heartbeat(MAX_TIMER_MS, this.sender.outbox.window, this);
    this.#heartbeat.ask(ms);
  }

  /** Ends the session over a fault of this side, and closes the wire with a code and a reason. */
  fail(error: unknown, code = NORMAL_CLOSURE, reason = ""): void {
    if (this.ended) return;
    this.#closeWire(code, reason);
    this.#finish({ error });
  }

  /** Ends the session without sending what waits. */
  drop(code: number, reason: string): void {
    this.#closeWire(code, reason);
    this.#finish({ code, reason });
  }

  /** Sends what waits for room, ends the session, and leaves the runtime's object open. */
  detach(): void {
    if (this.sender.outbox.waitsForRoom) this.sender.outbox.flushForClose();
    this.wire.detach();
    this.onEnd({});
  }

  onOpen(): void {
    if (this.ended) return;
    if (this.#parts.peer.speaksProtocol || this.wire.ping !== undefined) this.#heartbeat?.start();
    const prepared = this.#handler.onOpen();
    if (prepared === undefined) return this.#open();
    this.sender.isPreparing = true;
    void prepared.then(
      () => this.#open(),
      (error) => this.fail(error ?? new Error("The connection could not be prepared")),
    );
  }

  onFrame(data: unknown): void {
    const { guard, peer, readMore, traffic } = this.#parts;
    const size = sizeOf(data);
    traffic.receive(size);
    // The guard may have ended it.
    if (this.ended || guard?.mayReceive(0) === false || this.ended) return;
    this.#heartbeat?.hear();
    const values = decodeFrame(data, this.#parts);
    if ("kind" in values) {
      this.#handler.onControl(values);
      return guard?.onRead?.(size);
    }
    if (values.length >= ELEMENTS_PER_TOKEN && guard?.mayReceive(values.length) === false) return;
    let faults: FrameFaults | undefined;
    let owesSign = false;
    for (const value of values) {
      const event = readEvent(value);
      const control = event ? undefined : readControl(value, peer.readControl, readMore);
      owesSign ||= !isSignOfLife(control);
      let continues = true;
      if (event !== undefined) continues = this.#handler.onEvent(event, peer.viaIn?.(value), value);
      else if (typeof control === "object") continues = this.#onControl(control);
      else if (control !== undefined) (faults ??= new FrameFaults()).add(control, value);
      if (!continues || this.ended) break;
    }
    guard?.onRead?.(owesSign ? size : 0);
    if (owesSign && !this.ended) this.#signOfLife?.owe();
    if (faults === undefined || this.ended) return;
    this.#handler.onControl({ kind: "malformed", error: faults.toError(values.length) });
  }

  onSignOfLife(): void {
    const { guard } = this.#parts;
    if (this.ended || guard?.mayReceive(0) === false) return;
    this.#heartbeat?.hear();
    guard?.onRead?.(0);
  }

  onEnd(end: WireEnd): void {
    // Without an error it was the peer that refused a frame.
    if (!this.ended && end.code === MESSAGE_TOO_BIG && end.error === undefined) this.sender.reportLargest();
    this.#finish(end);
    this.#handler.onReleased?.(end);
  }

  onSilence(): void {
    this.sender.askForLife();
  }

  onDeath(ms: number): void {
    this.drop(HEARTBEAT_TIMEOUT, `no sign of life for ${ms} ms`);
  }

  #startFlushes(): SessionFlushes {
    return this.#flushes ??= new SessionFlushes(this.#parts, this.sender, this.#unconfirmed);
  }

  #open(): void {
    this.sender.open();
    this.#onProgress();
  }

  #onProgress(): void {
    const { hello, isOpen, stopped } = this.sender;
    if (isOpen && !stopped && hello !== undefined) this.#handler.onReady?.();
    this.#closing?.proceed();
  }

  #finish(wireEnd: WireEnd): void {
    if (this.ended) return;
    this.#stopTimers();
    const end = sessionEnd(wireEnd, this.wire, this.sender.isOpen);
    const { lost, waiting } = this.sender.stop();
    this.#handler.onEnd(end, lost, waiting);
    this.sender.outbox.queue.clear();
    this.#flushes?.rejectAll(connectionLost(end));
    this.#closing?.end();
  }

  #onControl(control: Control): boolean {
    switch (control.kind) {
      case "ping":
        return this.#onPing(control.ref);
      case "pong":
        this.#flushes?.onAnswer(control.ref);
        return true;
      case "bye": {
        const { kind: _, ...end } = control;
        this.#closeWire(NORMAL_CLOSURE, "");
        this.#finish(end);
        return false;
      }
      case "hello":
        this.#onHello(control.hello);
    }
    return this.#handler.onControl(control);
  }

  #onPing(ref: string): boolean {
    if (ref !== LIVENESS_REF) {
      return this.#handler.onControl({ kind: "flush", ref, answer: () => this.sender.answerFlush(ref) });
    }
    this.sender.sendSignOfLife();
    return true;
  }

  #onHello(hello: Hello): void {
    const { sender } = this;
    const isFirst = sender.hello === undefined;
    this.#heartbeat?.start();
    if (isFirst && hello.heartbeatMs !== undefined) {
      this.#signOfLife = new SignOfLife(hello.heartbeatMs, sender.outbox, () => sender.sendSignOfLife());
    }
    sender.applyHello(hello);
    if (isFirst && !this.#parts.peer.speaksProtocol) this.#flushes?.askAll();
    sender.outbox.flush();
    this.#onProgress();
  }

  #closeWire(code: number, reason: string): void {
    const { window } = this.sender.outbox;
    // What was handed over in this turn leaves soon, unless it is more than a window.
    this.closedFull ||= window.bytes > (window.isStuck ? 0 : WINDOW_BYTES);
    this.wire.close(code, reason, this.closedFull);
  }

  #stopTimers(): void {
    this.#heartbeat?.stop();
    this.#signOfLife?.stop();
  }
}
