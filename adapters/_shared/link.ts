import { BaseEventTarget } from "../../core/base_event_target.ts";
import { RefusedError } from "../../core/errors.ts";
import { topicOfEnvelope } from "../../core/envelope.ts";
import type { EventEnvelope, EventTargetOptions, FlushOptions } from "../../core/types.ts";
import { Announcer } from "./announcer.ts";
import { NORMAL_CLOSURE } from "./close_codes.ts";
import { connectionLost, unsentError } from "./connection_lost.ts";
import { helloControl, type RefusedTopic } from "./frame.ts";
import { Peer, type PeerIncoming, type PeerOwner } from "./peer.ts";
import { peerBounds, type PeerOptions } from "./peer_options.ts";
import { viaOf, withVia } from "./via.ts";
import type { Codec, Encoded, Wire, WireEnd } from "./wire.ts";

/** Options of an event target with one peer. */
export interface LinkOptions extends EventTargetOptions, PeerOptions {
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
 * here.
 */
export class LinkEventTarget<TBody, TFrame> extends BaseEventTarget implements PeerOwner {
  readonly #codec: Codec<TBody, TFrame>;
  readonly #options: Required<PeerOptions>;
  readonly #peer: Peer<TBody, TFrame>;
  readonly #announcer: Announcer;
  readonly #echo: boolean | undefined;

  /**
   * @param tag What kind of target it is.
   * @param wire The wire to the hub.
   * @param codec How envelopes become frames.
   * @param options Bounds and callbacks.
   */
  constructor(tag: string, wire: Wire<TFrame>, codec: Codec<TBody, TFrame>, options: LinkOptions) {
    super(tag, options, wire.state === "open" ? "open" : "connecting");
    this.#codec = codec;
    this.#echo = options.echo;
    this.#options = peerBounds(options);
    this.#peer = new Peer(wire, codec, this.#options, this, true);
    this.#announcer = new Announcer((control) => this.#peer.sendControl(control));
    this.#peer.start();
  }

  override want(topic: string): boolean {
    // Before the connection is open there is nothing to tell: all that is wanted then is announced at once.
    if (this.status.state === "open") this.#announcer.announce("subscribe", topic);
    return false;
  }

  override unwant(topic: string): void {
    if (this.status.state === "open" && !this.ended) this.#announcer.announce("unsubscribe", topic);
  }

  override flush(options?: FlushOptions): Promise<void> {
    this.#announcer.flush();
    return this.#peer.flush(options);
  }

  protected override send(envelope: EventEnvelope): void {
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
    this.#peer.send(event);
  }

  protected override shutdown(): Promise<void> {
    return this.#peer.close(NORMAL_CLOSURE, "");
  }

  admit(): boolean {
    return true;
  }

  onOpen(): void {
    this.#peer.sendControlFirst(helloControl(this.#options.maxFrameBytes, this.#echo));
    this.#announcer.announceAll(
      this.registry.topicNames(),
      (control) => this.#peer.sendControlFirst(control),
    );
    if (this.status.state !== "open") this.setStatus({ state: "open" });
  }

  onIncoming(incoming: PeerIncoming): boolean {
    switch (incoming.kind) {
      case "event":
        this.registry.emit(withVia(incoming.envelope, incoming.via));
        break;
      case "subscribed":
        for (const topic of incoming.topics) {
          if (this.#announcer.answered(incoming.ref, topic)) this.registry.acknowledge(topic);
        }
        for (const refused of incoming.refused) {
          if (this.#announcer.answered(incoming.ref, refused.topic)) this.#refuse(refused);
        }
        break;
      case "revoked":
        // One that crossed a new question is older than what the hub will answer.
        for (const refused of incoming.refused) {
          if (!this.#announcer.isAsked(refused.topic)) this.#refuse(refused);
        }
        break;
      case "gap":
        if (!this.ended) this.setStatus({ state: "open", gap: true });
        break;
      case "hello":
        break;
      case "subscribe":
      case "unsubscribe":
        this.report("decode", new TypeError(`Cannot take "${incoming.kind}" from a hub`));
        break;
    }
    return !this.ended;
  }

  onOversized(): void {
    const { maxFrameBytes } = this.#options;
    this.report("decode", new RangeError(`Cannot take a frame of more than ${maxFrameBytes} bytes`));
  }

  onEnd(end: WireEnd, unsent: number): void {
    // After the local close() an end, and a fault on the way there, is what was asked for.
    const lost = !this.ended;
    if (lost) this.end(connectionLost(end), { code: end.code, reason: end.reason });
    if (lost && end.error !== undefined) this.report("connect", end.error);
    if (unsent > 0) this.report("publish", unsentError(unsent));
  }

  onReleased(): void {}

  #refuse({ topic, reason }: RefusedTopic): void {
    const error = new RefusedError(`The far end refused "${topic}": ${reason}`, { topic, reason });
    if (this.registry.endTopic(topic, error)) this.report("subscribe", error, topic);
  }
}
