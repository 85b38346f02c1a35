import type { Dispatcher } from "../../../core/dispatcher.ts";
import type { Topic } from "../../../core/topic.ts";
import type { ErrorStage, EventEnvelope } from "../../../core/types.ts";
import type { Bus, BusSpoke } from "../upstream/upstream_relay.ts";
import { POLICY_VIOLATION, TOO_MANY_REQUESTS } from "../../_wire/close_codes.ts";
import type { Control } from "../../_wire/frame.ts";
import { Gate, type GateOwner, type Ordered, type Refusals } from "./authorizer.ts";
import type { HubBounds } from "../bounds.ts";
import type { Authorize } from "../types.ts";
import type { SpokeIncoming } from "../spoke.ts";
import type { SpokeEventTarget } from "../types.ts";
import type { Subscribers } from "../outgoing/subscribers.ts";
import { type SubscribingSpoke, Subscriptions, type SubscriptionsOwner } from "./subscriptions.ts";
import type { TokenBucket } from "../token_bucket.ts";
import { Unanswered } from "./pending_work.ts";

/** A spoke, as far as what it sends goes. */
interface IntakeSpoke<TBody> extends SpokeEventTarget, BusSpoke<TBody>, SubscribingSpoke {
  readonly topics: Set<string>;
  /** What holds it to a rate, if anything does. */
  readonly bucket: TokenBucket | undefined;
  /** The wire's other end. */
  readonly peer: { ownHello(): Control; sendControl(control: Control): void };
  /** Tells its own listeners of an event that came from it. */
  hear(envelope: EventEnvelope): void;
}

/** Whose intake it is. */
export interface IntakeOwner<TSpoke> {
  /** Whether it is still one of the hub's spokes. */
  has(spoke: TSpoke): boolean;
  /** Reports what a spoke did, and ends it for that. */
  drop(spoke: TSpoke, code: number, reason: string, stage: ErrorStage, topic?: string): void;
}

/** What an intake is made of. */
export interface IntakeParts<TSpoke extends IntakeSpoke<TBody>, TBody> {
  /** The hub's own listeners. */
  readonly dispatcher: Dispatcher;
  /** Who is subscribed to what. */
  readonly subscribers: Subscribers<TSpoke>;
  /** The way to all others, if the hub has an upstream. */
  readonly bus: Bus<TSpoke, TBody> | undefined;
  /** The program's word on what spokes may do. */
  readonly authorize: Authorize<TSpoke> | undefined;
  /** The hub's bounds. */
  readonly bounds: HubBounds;
}

/** What becomes of all that the spokes of a hub send. */
export class Intake<TSpoke extends IntakeSpoke<TBody>, TBody>
  implements GateOwner<TSpoke>, SubscriptionsOwner<TSpoke> {
  readonly #parts: IntakeParts<TSpoke, TBody>;
  readonly #owner: IntakeOwner<TSpoke>;
  readonly #gate: Gate<TSpoke>;
  readonly #subscriptions: Subscriptions<TSpoke>;

  /**
   * @param parts Where it leads.
   * @param owner The hub.
   */
  constructor(parts: IntakeParts<TSpoke, TBody>, owner: IntakeOwner<TSpoke>) {
    this.#parts = parts;
    this.#owner = owner;
    const { subscribers, bus, authorize, bounds } = parts;
    const unanswered = new Unanswered<TSpoke>(bounds.maxUnanswered, bounds.maxBufferedBytes);
    this.#gate = new Gate(authorize, bounds.maxTopicsPerConnection, unanswered, this);
    this.#subscriptions = new Subscriptions(subscribers, bus?.upstream, unanswered, this);
  }

  /**
   * Takes what a spoke has sent.
   *
   * @param spoke The spoke.
   * @param incoming What it has sent.
   */
  take(spoke: TSpoke, incoming: SpokeIncoming): void {
    const { maxEventsPerSecond } = this.#parts.bounds;
    if (spoke.bucket?.take() === false) {
      const reason = `more than ${maxEventsPerSecond} events a second`;
      return this.#owner.drop(spoke, TOO_MANY_REQUESTS, reason, "publish");
    }
    switch (incoming.kind) {
      case "malformed":
        return spoke.report("decode", incoming.error);
      case "hello":
        return spoke.peer.sendControl(spoke.peer.ownHello());
      case "subscribed":
      case "revoked":
      case "gap":
        return spoke.report("decode", new TypeError(`Cannot take "${incoming.kind}" from a spoke`));
      default:
        this.#gate.take(spoke, incoming);
    }
  }

  /**
   * Ends whatever could bring a spoke an event of a topic, what it has only asked for included.
   *
   * @param spoke The spoke.
   * @param topic The topic, the bare type or `*`; without one, everything is ended.
   */
  revoke(spoke: TSpoke, topic: Topic | undefined): void {
    this.#gate.revoke(spoke, topic, REVOKED);
    this.#subscriptions.revoke(spoke, topic, REVOKED);
  }

  /**
   * Ends all subscriptions of a spoke.
   *
   * @param spoke The spoke.
   */
  unsubscribe(spoke: TSpoke): void {
    this.#subscriptions.forget(spoke);
  }

  /**
   * Forgets a spoke that is gone.
   *
   * @param spoke The spoke.
   * @param wasHeard Whether the events that it has sent and that wait for `authorize` have their turn all the same.
   */
  forget(spoke: TSpoke, wasHeard: boolean): void {
    this.#subscriptions.forget(spoke);
    const events = wasHeard ? this.#gate.leave(spoke) : this.#gate.discard(spoke);
    if (events > 0) spoke.report("publish", new Error(`${events} events of the spoke were not handled`));
  }

  onPassed(spoke: TSpoke, incoming: Ordered, refused: Refusals): void {
    if (incoming.kind === "event") {
      if (refused.size > 0) return reportRefused(spoke, "publish", refused);
      const { bus, dispatcher } = this.#parts;
      if (bus === undefined) dispatcher.emit(incoming.envelope);
      else bus.publishFrom(spoke, incoming);
      return spoke.hear(incoming.envelope);
    }
    // An event counts whatever has become of its spoke meanwhile; a subscription does not.
    if (!this.has(spoke)) return;
    switch (incoming.kind) {
      case "subscribe": {
        const reasons = refused.size === 0 ? NONE_REFUSED : reasonsOf(refused);
        this.#subscriptions.subscribe(spoke, incoming.ref, incoming.topics, reasons);
        reportRefused(spoke, "subscribe", refused);
        break;
      }
      case "unsubscribe":
        this.#subscriptions.unsubscribe(spoke, incoming.topics);
        break;
      case "flush":
        this.#subscriptions.flush(spoke, incoming);
    }
  }

  onTooManyTopics(spoke: TSpoke, topic: string): void {
    const reason = `more than ${this.#parts.bounds.maxTopicsPerConnection} topics`;
    this.#owner.drop(spoke, POLICY_VIOLATION, reason, "subscribe", topic);
  }

  onOverflow(spoke: TSpoke): void {
    const { maxUnanswered, maxBufferedBytes } = this.#parts.bounds;
    const reason = `more than ${maxUnanswered} events or ${maxBufferedBytes} bytes wait to be handled`;
    this.#owner.drop(spoke, TOO_MANY_REQUESTS, reason, "backpressure");
  }

  has(spoke: TSpoke): boolean {
    return this.#owner.has(spoke);
  }
}

/** What a spoke is told of subscriptions that the hub's program has ended. */
const REVOKED = "revoked";

const NONE_REFUSED: ReadonlyMap<string, string> = new Map();

function reasonsOf(refused: Refusals): ReadonlyMap<string, string> {
  return new Map(Array.from(refused, ([topic, { reason }]) => [topic, reason]));
}

/** Reports what of something a spoke was refused: one topic stands for all, the first one over which something was thrown. */
function reportRefused(
  spoke: Pick<BusSpoke<never>, "report">,
  action: "subscribe" | "publish",
  refused: Refusals,
): void {
  const [first] = refused;
  if (first === undefined) return;
  const [topic, { reason, cause }] = [...refused].find(([, { cause }]) => cause !== undefined) ?? first;
  const what = action === "publish"
    ? "publish what a spoke has sent"
    : `subscribe a spoke to ${refused.size} topics, one of them`;
  spoke.report(
    action,
    new TypeError(`Cannot ${what}: ${reason}`, cause === undefined ? {} : { cause }),
    topic,
  );
}
