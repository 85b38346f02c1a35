import { splitTopic, type Topic, topicsOverlap } from "../../../core/topic.ts";
import type { EventEnvelope } from "../../../core/types.ts";
import type { Via } from "../../../core/via.ts";
import type { SessionControl } from "../../_session/parts.ts";
import { TOO_MANY_REQUESTS } from "../../_wire/close_codes.ts";
import { cloneBytes } from "../../../core/value_size.ts";
import type { Subscribers } from "../outgoing/subscribers.ts";
import type { Routing } from "../routing.ts";
import type { Spoke } from "../spoke.ts";
import type { Authorize } from "../types.ts";
import { decideEvent, decideTopics, NO_REFUSALS, reportRefusals } from "./authorization.ts";
import { isWithin, type OrderedRequest, PendingWork, type QueuedRequest } from "./pending_work.ts";
import type { Refusals } from "./subscribe_request.ts";
import { Subscriptions } from "./subscriptions.ts";

/** The reason that a spoke gets for subscriptions that the hub's program has ended. */
const REVOKED = "revoked";

/**
 * Handles what spokes send: within their rate, as far as it is authorized, and in order. While a decision about one
 * spoke is pending, everything that the same spoke sends afterwards waits.
 */
export class Incoming {
  readonly subscriptions: Subscriptions;
  readonly #routing: Routing;
  readonly #authorize: Authorize | undefined;
  /** The work of spokes that have left, whose events still take effect. */
  readonly #leftBehind = new Set<PendingWork>();

  /** @param authorize The program's decision; without it everything is allowed. */
  constructor(subscribers: Subscribers, routing: Routing, authorize: Authorize | undefined) {
    this.#routing = routing;
    this.#authorize = authorize;
    this.subscriptions = new Subscriptions(subscribers, routing.topics);
  }

  /** An event arrived, with the hubs that the spoke claims. */
  onEvent(spoke: Spoke, envelope: EventEnvelope, via: Via | undefined): void {
    if (!this.#isWithinRate(spoke)) return;
    const refused = decideEvent(this.#authorize, spoke, envelope);
    if (refused instanceof Promise || spoke.pending?.isQueueing) {
      this.#queue(spoke, { kind: "event", envelope, via }, refused);
    } else this.#relay(spoke, envelope, via, refused);
  }

  /** Something else arrived. */
  onControl(spoke: Spoke, control: SessionControl): void {
    if (!this.#isWithinRate(spoke)) return;
    switch (control.kind) {
      case "hello":
        return spoke.session.sender.sendControl(spoke.session.sender.ownHello());
      case "subscribe":
      case "unsubscribe":
      case "flush":
        return this.#order(spoke, control);
      case "malformed":
        return spoke.report("decode", control.error);
      default:
        spoke.report("decode", new TypeError(`Received "${control.kind}" from a spoke: only a hub sends it`));
    }
  }

  /** Ends and refuses everything that could bring a spoke an event of a topic, or without one, any event. */
  revoke(spoke: Spoke, topic: Topic | undefined): void {
    for (const { request, revoked } of spoke.pending?.queue ?? []) {
      for (const each of request.kind === "subscribe" ? request.topics : []) {
        if (topic === undefined || topicsOverlap(topic, splitTopic(each))) {
          revoked.set(each, { reason: REVOKED });
        }
      }
    }
    this.subscriptions.revoke(spoke, topic, REVOKED);
  }

  /**
   * Forgets a spoke that has ended.
   *
   * @param keepsEvents Whether its queued events still take effect, unless too many events of such spokes wait.
   */
  forget(spoke: Spoke, keepsEvents: boolean): void {
    this.subscriptions.forget(spoke);
    const { pending } = spoke;
    if (pending === undefined) return;
    if (keepsEvents && pending.isQueueing) {
      this.#leftBehind.add(pending);
      if (isWithin(this.#leftBehind, spoke.bounds)) return;
    }
    const events = [...pending.queue].filter(({ request }) => request.kind === "event").length;
    pending.queue.clear();
    this.#leftBehind.delete(pending);
    if (events > 0) spoke.report("publish", new Error(`${events} events of the spoke were not handled`));
  }

  #isWithinRate(spoke: Spoke): boolean {
    if (spoke.bucket === undefined || spoke.bucket.take()) return true;
    const reason = `more than ${spoke.bounds.maxEventsPerSecond} events a second`;
    spoke.drop(TOO_MANY_REQUESTS, reason, "publish");
    return false;
  }

  #order(spoke: Spoke, request: Exclude<OrderedRequest, { kind: "event" }>): void {
    const refused = request.kind === "subscribe"
      ? decideTopics(this.#authorize, spoke, request.topics)
      : NO_REFUSALS;
    if (refused === undefined) return;
    if (refused instanceof Promise || spoke.pending?.isQueueing) this.#queue(spoke, request, refused);
    else this.#handle(spoke, request, refused);
  }

  #queue(spoke: Spoke, request: OrderedRequest, refused: Refusals | Promise<Refusals>): void {
    const isDecided = !(refused instanceof Promise);
    const queued: QueuedRequest = {
      request,
      refused: isDecided ? refused : undefined,
      revoked: new Map(),
      bytes: bytesOf(request),
      topics: request.kind === "subscribe" ? request.topics.length : 0,
    };
    const pending = spoke.pending ??= new PendingWork();
    pending.queue.add(queued);
    if (!isDecided) {
      void refused.then((decided) => {
        queued.refused = decided;
        this.#advance(spoke);
      });
    }
    spoke.addPending(queued);
  }

  /** Handles the decided requests at the head of a spoke's queue. */
  #advance(spoke: Spoke): void {
    const { pending } = spoke;
    if (pending === undefined || pending.isAdvancing) return;
    pending.isAdvancing = true;
    try {
      for (const queued of pending.queue) {
        const { request, refused, revoked } = queued;
        if (refused === undefined) break;
        pending.queue.delete(queued);
        pending.remove(queued);
        this.#handle(spoke, request, revoked.size === 0 ? refused : new Map([...refused, ...revoked]));
      }
    } finally {
      // Whatever throws, the next decision continues with the queue.
      pending.isAdvancing = false;
    }
    if (pending.queue.size === 0) this.#leftBehind.delete(pending);
    if (pending.isIdle) spoke.pending = undefined;
  }

  /** A request reached the head of its spoke's queue and has been decided. */
  #handle(spoke: Spoke, request: OrderedRequest, refused: Refusals): void {
    if (request.kind === "event") return this.#relay(spoke, request.envelope, request.via, refused);
    // Events of a spoke that has ended take effect; its subscriptions do not.
    if (!spoke.attached) return;
    switch (request.kind) {
      case "subscribe":
        this.subscriptions.subscribe(spoke, request.ref, request.topics, refused);
        reportRefusals(spoke, "subscribe", refused);
        break;
      case "unsubscribe":
        this.subscriptions.unsubscribe(spoke, request.topics);
        break;
      case "flush":
        this.subscriptions.flush(spoke, request);
    }
  }

  #relay(spoke: Spoke, envelope: EventEnvelope, via: Via | undefined, refused: Refusals): void {
    if (refused.size > 0) return reportRefusals(spoke, "publish", refused);
    this.#routing.relayFrom(spoke, envelope, via);
    spoke.emit(envelope);
  }
}

/** The memory that a request takes while it waits, in bytes. */
function bytesOf(request: OrderedRequest): number {
  switch (request.kind) {
    case "event":
      return cloneBytes(request.envelope);
    case "subscribe":
    case "unsubscribe":
      return cloneBytes([request.ref, request.topics]);
    case "flush":
      return cloneBytes(request.ref);
  }
}
