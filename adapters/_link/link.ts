import { FarEndEventTarget } from "../../core/far_end_event_target.ts";
import { assertEnvelope, topicOfEnvelope } from "../../core/envelope.ts";
import type { Readiness } from "../../core/listener_table.ts";
import { suspend, topicsToAsk } from "../../core/topic_answers.ts";
import type { EventEnvelope, FlushOptions } from "../../core/types.ts";
import type { Via, ViaPassing, ViaPassingEventTarget } from "../../core/via.ts";
import { sessionBounds } from "../_session/options.ts";
import type { Sender } from "../_session/sender.ts";
import { Session } from "../_session/session.ts";
import { Traffic } from "../_session/traffic.ts";
import { HUB_PEER, type SessionControl, type SessionHandler, type SessionParts } from "../_session/parts.ts";
import { NORMAL_CLOSURE } from "../_wire/close_codes.ts";
import type { Codec } from "../_wire/codec.ts";
import type { Control, ControlReader } from "../_wire/frame.ts";
import { connectionLost, reportEnd } from "../_wire/connection_lost.ts";
import type { NextWire, Wire, WireEnd } from "../_wire/wire.ts";
import { Announcer } from "./announcer.ts";
import { Connection } from "./connection.ts";
import { onRevoked, onSubscribed } from "./hub_answers.ts";
import { reportControl } from "./hub_faults.ts";
import { ConnectionCounts, linkStats } from "./link_stats.ts";
import type { LinkCloseOptions, LinkEventTarget, LinkOptions, LinkStats } from "./options.ts";

/**
 * The side with one peer, a hub. If a wire has a successor, the link continues with it, in a new connection: nothing that
 * arrives late on one connection is mistaken for an event of the next.
 */
export class Link extends FarEndEventTarget
  implements LinkEventTarget, SessionHandler, ViaPassingEventTarget {
  readonly #options: LinkOptions;
  readonly #parts: Omit<SessionParts, "wire">;
  readonly #traffic = new Traffic();
  readonly #counts = new ConnectionCounts();
  /** By which the hub recognizes this link. A secret: its holder can take the place of this link. */
  readonly #id = crypto.getRandomValues(new Uint32Array(4)).join();
  /** How many times the hub was told that id. */
  #introductions = 0;
  #connection: Connection;
  #via: ViaPassing | undefined;
  /** Whether events may have been lost since the last status. */
  #gap = false;

  constructor(tag: string, wire: Wire, codec: Codec, options: LinkOptions) {
    super(tag, options, "connecting");
    this.#options = options;
    this.#parts = {
      codec: options.tracing?.codec(codec) ?? codec,
      bounds: sessionBounds(options),
      peer: HUB_PEER,
      reporter: this,
      traffic: this.#traffic,
      readMore: this.prepare(options),
    };
    this.#connection = this.#connectionOver(wire);
    this.#connection.start();
  }

  /** Called first of all. Returns the reader of the controls that only a link with a past reads. */
  protected prepare(_options: LinkOptions): ControlReader | undefined {
    return undefined;
  }

  protected createAnnouncer(sender: Sender, _isAfterLoss: boolean): Announcer {
    return new Announcer(sender);
  }

  override stats(): LinkStats {
    return linkStats(super.stats(), this.#traffic, this.#connection.session.sender.outbox, this.#counts);
  }

  override onFirstListener(topic: string): Readiness {
    this.#connection.announcer.announce("subscribe", topic);
    return "pending";
  }

  override onLastListener(topic: string): void {
    if (!this.ended) this.#connection.announcer.announce("unsubscribe", topic);
  }

  /** Read by hubs whose upstream this link is. */
  get outageHops(): number {
    return this.#connection.outageHops;
  }

  passVia(passing: ViaPassing): void {
    this.#via = passing;
  }

  override flush(options?: FlushOptions): Promise<void> {
    this.#connection.announcer.flush();
    return this.#connection.session.flush(options);
  }

  reconnect(): void {
    if (!this.ended) this.#connection.demandLife();
  }

  override close({ discard = false }: LinkCloseOptions = {}): Promise<void> {
    if (discard) this.#connection.session.discard();
    return super.close();
  }

  protected override send(envelope: EventEnvelope): void {
    this.#send(envelope, false);
  }

  #send(envelope: EventEnvelope, first: boolean): void {
    const { announcer, session } = this.#connection;
    const event = session.sender.encode(envelope, this.#via?.viaOf(envelope));
    if (event === undefined) return;
    announcer.flush();
    // Another connection, if the wire ended over that.
    const { sender } = this.#connection.session;
    sender.send(event, first);
    // The hub reads a full frame while the program publishes more.
    if (sender.outbox.queue.isFull) sender.outbox.flush();
  }

  protected override shutdown(): Promise<void> {
    const { isDelayed, session } = this.#connection;
    // Nothing can leave before the next attempt.
    if (isDelayed) session.detach();
    return session.close(NORMAL_CLOSURE, "");
  }

  onOpen(): Promise<void> | void {
    const { credentials, onOpen } = this.#options;
    if (credentials !== undefined || onOpen !== undefined) return this.#prepare();
    this.#introduce();
  }

  onReady(): void {
    if (this.#connection.isUp) return;
    this.#connection.noteUp();
    this.#counts.opened++;
    this.#notifyOpen();
  }

  onEvent(envelope: EventEnvelope, _via: Via | undefined, arrived: unknown): boolean {
    this.counters.hear(envelope.type);
    this.#via?.withVia(envelope, this.#via.viaIn(arrived));
    this.deliver(envelope, arrived);
    return !this.ended;
  }

  protected deliver(envelope: EventEnvelope, _arrived: unknown): void {
    this.dispatcher.emit(envelope);
  }

  /** The hub has answered for topics, whose listeners are notified next. */
  protected onAnswer(_control: Extract<Control, { kind: "subscribed" }>): void {}

  onControl(control: SessionControl): boolean {
    const { announcer } = this.#connection;
    const receiver = { target: this, listeners: this.listeners, announcer };
    switch (control.kind) {
      case "subscribed":
        onSubscribed(control, receiver, () => this.onAnswer(control));
        if (this.#gap) this.#notifyOpen();
        break;
      case "revoked":
        onRevoked(control, receiver);
        break;
      case "gap":
        this.#gap = true;
        this.#notifyOpen();
        break;
      case "upstream":
        this.#connection.outageHops = control.up ? 0 : control.hops ?? 1;
        this.#notifyOpen();
        break;
      case "flush":
        control.answer();
        return true;
      default:
        reportControl(this, control, this.#parts.bounds);
    }
    return !this.ended;
  }

  onEnd(end: WireEnd, lost: number, waiting: number): void {
    const { session, isUp, upMs } = this.#connection;
    this.#counts.end(end, isUp);
    const isUrgent = this.#connection.isUrgentEnd(end);
    this.#connection.stop();
    const following = this.ended ? undefined : session.wire.next?.(end, isUrgent ? Infinity : upMs);
    // After close() the end was asked for, and so was a fault on the way there. `shouldReconnect` may have called it.
    const isUnexpected = !this.ended;
    const next = isUnexpected ? following : undefined;
    if (next !== undefined) this.#reconnect(isUrgent ? { ...next, delayMs: 0 } : next, end);
    else if (isUnexpected) this.end(connectionLost(end), { code: end.code, reason: end.reason });
    const gone = next === undefined ? lost + waiting : lost;
    this.#traffic.add("lost", gone);
    reportEnd(this, end, isUnexpected, gone);
  }

  #connectionOver(wire: Wire): Connection {
    const session = new Session({ ...this.#parts, wire }, this);
    const announcer = this.createAnnouncer(session.sender, this.#gap);
    return new Connection(session, announcer, this.#options.connectTimeoutMs);
  }

  async #prepare(): Promise<void> {
    const { session } = this.#connection;
    const { credentials, onOpen } = this.#options;
    const given = credentials === undefined ? undefined : await credentials();
    // Another connection can be under way by now.
    if (!session.ended) this.#introduce(given);
    if (session.ended) return;
    await onOpen?.((envelope) => {
      assertEnvelope(envelope);
      if (session.ended) {
        return this.reportLate("send", topicOfEnvelope(envelope), "its connection has ended");
      }
      this.counters.publish(envelope.type);
      this.#send(envelope, true);
    });
  }

  /** Sends the hello and announces the topics. */
  #introduce(credentials?: unknown): void {
    const { announcer, session: { sender } } = this.#connection;
    const { echo } = this.#options;
    const link = { link: this.#id, connection: ++this.#introductions };
    const hello = sender.ownHello({ echo, ...link, credentials, history: this.#parts.readMore && true });
    sender.sendControl(hello, true);
    // A wire can end inside `send`. The next connection says its own hello.
    if (!sender.stopped) announcer.announceAll(topicsToAsk(this.listeners));
  }

  /** Reports `open`. A gap is reported once every topic is subscribed again: all losses come before that. */
  #notifyOpen(): void {
    const { announcer, outageHops, isUp } = this.#connection;
    if (this.ended || !isUp || (this.#gap && announcer.isWaiting)) return;
    const gap = this.#gap;
    this.#gap = false;
    this.setStatus({ state: "open", ...(gap && { gap }), ...(outageHops > 0 && { degraded: true }) });
  }

  #reconnect({ wire, attempt, delayMs }: NextWire, { code, reason }: WireEnd): void {
    const { announcer, session } = this.#connection;
    this.#gap ||= announcer.started;
    suspend(this.listeners);
    this.#connection = this.#connectionOver(wire);
    this.#connection.session.takeOver(session);
    this.#connection.delay(delayMs);
    const state = this.#gap ? "reconnecting" : "connecting";
    this.setStatus({ state, attempt, delayMs, code, reason });
  }
}
