import { type Counters, OTHER } from "../../../core/counters.ts";
import type { Topic } from "../../../core/topic.ts";
import type { EventEnvelope } from "../../../core/types.ts";
import type { Via } from "../../../core/via.ts";
import type { SessionControl } from "../../_session/parts.ts";
import type { HubCounters } from "../hub_counters.ts";
import type { HubPast } from "../history/hub_past.ts";
import type { Subscribers } from "../outgoing/subscribers.ts";
import type { Routing } from "../routing.ts";
import type { Spoke } from "../spoke.ts";
import type { Authorize } from "../types.ts";
import { sendHello } from "./answer.ts";
import { decideTopics, reportRefusedTopics } from "./authorization.ts";
import { type EventRuleOptions, EventRules, LateDecision, refuseEvent } from "./event_rules.ts";
import { OrderedWork, type Waiting } from "./ordered_work.ts";
import type { OrderedRequest } from "./pending_work.ts";
import type { EventRefusal } from "./subscribe_request.ts";
import { Subscriptions } from "./subscriptions.ts";

/** The reason that a spoke gets for subscriptions that the hub's program has ended. */
const REVOKED = "revoked";

/**
 * Handles what spokes send: as far as it is authorized, and in order. While a decision about one spoke is pending,
 * everything that the same spoke sends afterwards waits.
 */
export class Incoming {
  readonly subscriptions: Subscriptions;
  readonly #routing: Routing;
  readonly #authorize: Authorize | undefined;
  readonly #rules: EventRules;
  readonly #past: HubPast | undefined;
  readonly #counters: Counters;
  /** The work that waits for decisions, or behind other such work. */
  readonly #work: OrderedWork;

  /** @param options The program's decisions; without them everything is allowed. */
  constructor(
    subscribers: Subscribers,
    routing: Routing,
    options: EventRuleOptions,
    past: HubPast | undefined,
    counters: Counters,
    ofHub: HubCounters,
  ) {
    this.#counters = counters;
    this.#routing = routing;
    this.#authorize = options.authorize;
    this.#rules = new EventRules(options);
    this.#past = past;
    this.subscriptions = new Subscriptions(subscribers, routing.topics, ofHub.refused);
    const handle = this.#handle.bind(this);
    this.#work = new OrderedWork(handle, ofHub.spokes);
  }

  /** A frame is about to be read. */
  beginTurn(): void {
    this.#work.beginTurn();
  }

  /** An event arrived, with the hubs that the spoke claims. */
  onEvent(spoke: Spoke, envelope: EventEnvelope, via: Via | undefined): void {
    const decision = this.#rules.decide(spoke, envelope);
    if (!(decision instanceof LateDecision) && !spoke.pending?.isQueueing && !this.#work.mustYield(spoke)) {
      return this.#relay(spoke, envelope, via, decision);
    }
    this.#settle(spoke, this.#work.add(spoke, { kind: "event", envelope, via }), decision);
  }

  /** Notes the decision about a queued event, once there is one. */
  #settle(spoke: Spoke, waiting: Waiting, decision: EventRefusal | undefined | LateDecision): void {
    const { queued } = waiting;
    if (!(decision instanceof LateDecision)) {
      queued.refusal = decision;
      return this.#work.decide(spoke, waiting);
    }
    void decision.answer.then((answer) => {
      // The event may be forgotten by now. Nothing here keeps it.
      if (queued.request?.kind !== "event") return;
      this.#settle(spoke, waiting, this.#rules.resume(decision, answer, spoke, queued.request.envelope));
    });
  }

  /** An event exceeds the rate of its spoke. */
  onDropped(spoke: Spoke): void {
    this.#drop(spoke, "rate");
  }

  /** Something else arrived. */
  onControl(spoke: Spoke, control: SessionControl): void {
    switch (control.kind) {
      case "hello":
        this.#past?.meet(spoke);
        return sendHello(spoke, this.#routing.outageHops, this.#past !== undefined);
      case "subscribe":
        return this.#onSubscribe(spoke, control);
      case "unsubscribe":
      case "flush":
        if (!spoke.pending?.isQueueing) return this.#handle(spoke, control);
        this.#work.add(spoke, control).queued.isDecided = true;
        return;
      case "malformed":
        return spoke.report("decode", control.error);
      case "misdirected":
        spoke.faults.report("decode", () => {
          return new TypeError(`Received "${control.name}" from a spoke: only a hub sends it`);
        });
    }
  }

  /** Ends and refuses everything that could bring a spoke an event of a topic, or without one, any event. */
  revoke(spoke: Spoke, topic: Topic | undefined): void {
    this.#past?.revoke(spoke, topic);
    this.subscriptions.revoke(spoke, topic, REVOKED);
  }

  /**
   * Gives the events that wait for their turn to the newer connection of the same link, so that its own begin behind them,
   * under the same bounds and rate. A spoke that has sent something before it said hello has a queue of its own already.
   */
  bequeath(older: Spoke, newer: Spoke): void {
    this.subscriptions.forget(older);
    this.#work.bequeath(older, newer);
  }

  /**
   * Forgets a spoke that has ended.
   *
   * @param keepsEvents Whether its queued events still take effect, unless too many events of such spokes wait.
   */
  forget(spoke: Spoke, keepsEvents: boolean): void {
    this.subscriptions.forget(spoke);
    spoke.stopRejections();
    const events = this.#work.forget(spoke, keepsEvents);
    if (events === 0) return;
    this.#drop(spoke, "left", events);
    spoke.report("publish", new Error(`${events} events of the spoke were not handled`));
  }

  #onSubscribe(spoke: Spoke, { ref, topics, since }: Extract<SessionControl, { kind: "subscribe" }>): void {
    const past = this.#past?.ofRequest(spoke, ref, topics, since);
    const request = this.subscriptions.request(spoke, ref, topics, past);
    // A revocation from inside of `authorize`, or of the upstream, finds it.
    this.subscriptions.entering.set(request, spoke);
    const decision = decideTopics(this.#authorize, spoke, request, topics);
    if (!(decision instanceof Promise) && spoke.attached) {
      this.subscriptions.refuseBefore(spoke, request);
    }
    this.subscriptions.entering.delete(request);
    // The program may have ended the spoke, or it has asked for too much.
    if (!spoke.attached) return;
    if (!(decision instanceof Promise) && !spoke.pending?.isQueueing) return this.#handle(spoke, request);
    const waiting = this.#work.add(spoke, request);
    const { queued } = waiting;
    // Dropped with the spoke if that was too much.
    if (queued.request === undefined) return;
    spoke.pending?.await(request);
    if (!(decision instanceof Promise)) queued.isDecided = true;
    else {
      void decision.then(() => {
        if (queued.request === undefined) return;
        this.subscriptions.refuseBefore(spoke, request);
        this.#work.decide(spoke, waiting);
      });
    }
  }

  /** A request reached the head of its spoke's queue and has been decided. */
  #handle(spoke: Spoke, request: OrderedRequest, refusal?: EventRefusal): void {
    if (request.kind === "event") return this.#relay(spoke, request.envelope, request.via, refusal);
    // Events of a spoke that has ended take effect; its subscriptions do not.
    if (!spoke.attached) return;
    switch (request.kind) {
      case "subscribe": {
        const { refused } = request;
        this.subscriptions.subscribe(spoke, request);
        reportRefusedTopics(spoke, refused);
        break;
      }
      case "unsubscribe":
        this.subscriptions.unsubscribe(spoke, request.topics, request.replay);
        break;
      case "flush":
        this.subscriptions.flush(spoke, request);
    }
  }

  #relay(
    spoke: Spoke,
    envelope: EventEnvelope,
    via: Via | undefined,
    refusal: EventRefusal | undefined,
  ): void {
    if (refusal !== undefined) {
      this.#drop(spoke, "toError" in refusal ? "invalid" : "refused");
      return refuseEvent(this.#rules, spoke, envelope, refusal);
    }
    if (this.#routing.relayFrom(spoke, envelope, via)) {
      this.#counters.hear(envelope.type);
      spoke.traffic.accept();
    } else this.#drop(spoke, "circle");
    spoke.emit(envelope);
  }

  /** Counts events of a spoke that do not take effect. */
  #drop(spoke: Spoke, reason: "refused" | "invalid" | "circle" | "left" | "rate", count = 1): void {
    spoke.traffic.add(reason, count);
    this.#counters.hear(OTHER, count);
  }
}
