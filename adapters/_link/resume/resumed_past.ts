import { describe } from "../../../core/describe.ts";
import { topicOfEnvelope } from "../../../core/envelope.ts";
import type { Past } from "../../../core/history_of.ts";
import { NoHistoryError } from "../../../core/history/errors.ts";
import { assertFrom } from "../../../core/history/from.ts";
import type { HistoryFrom } from "../../../core/history_source.ts";
import type { ListenerTable } from "../../../core/listener_table.ts";
import { EVERY_TOPIC, splitTopic, type Topic, topicOf, topicsOverlap } from "../../../core/topic.ts";
import type { EventEnvelope, EventTargetStatus } from "../../../core/types.ts";
import { viaOf, withVia } from "../../../core/via.ts";
import type { SessionControl } from "../../_session/parts.ts";
import type { Sender } from "../../_session/sender.ts";
import type { Control } from "../../_wire/frame.ts";
import {
  positionIn,
  readTopicHistories,
  type ReplayControl,
  type ReplayedControl,
  type TopicHistory,
} from "../../_wire/history_controls.ts";
import { listenResumed } from "./listen_resumed.ts";
import type { PastRequest } from "./reader.ts";
import { type PastHost, ReaderTable } from "./reader_table.ts";
import { Recovery } from "./recovery.ts";
import { ResumedState } from "./resumed_state.ts";
import { ResumingAnnouncer } from "./resuming_announcer.ts";

/** How a recovery ended. */
export type Outcome = Pick<EventTargetStatus, "gap" | "recovered">;

/** The past of the subscriptions of one link, as the hub tells it. */
export class ResumedPast implements Past {
  /** The events of replays that reached a subscription. */
  delivered = 0;
  /** Those that nobody waited for any more, and live events that only replays bring. */
  dropped = 0;
  /** The replays that have ended: how many brought everything, and how many did not. */
  readonly replays = { whole: 0, lost: 0 };
  readonly #host: PastHost;
  readonly #onOutcome: (outcome: Outcome) => void;
  readonly #maxUnread: number;
  readonly #readers: ReaderTable;
  /** The events that arrive next belong to a replay. */
  #run: { readonly request: PastRequest | undefined; readonly topic: Topic; left: number } | undefined;

  constructor(
    host: PastHost,
    listeners: ListenerTable,
    onOutcome: (outcome: Outcome) => void,
    maxUnread: number,
  ) {
    this.#host = host;
    this.#onOutcome = onOutcome;
    this.#maxUnread = maxUnread;
    this.#readers = new ReaderTable(host, listeners, new Recovery(() => this.onOpen()));
  }

  has(topic: Topic, from: HistoryFrom = "now"): boolean {
    assertFrom(topic, from);
    return topic.type !== EVERY_TOPIC;
  }

  readonly subscribe: Past["subscribe"] = (topic, options, open) => {
    const { from = "now" } = options;
    return new ResumedState(
      options,
      open,
      topic,
      this.#maxUnread,
      (sink) => this.#readers.add(topic, from, sink),
    );
  };

  readonly listen: Past["listen"] = (type, id, listener, { from = "now" }, handle) => {
    const report = (error: unknown) => this.#host.report("listener", error, topicOf(type, id));
    return listenResumed((sink) => this.#readers.add({ type, id }, from, sink), listener, handle, report);
  };

  /** Announces topics on a new connection, with the places where they begin. */
  createAnnouncer(sender: Sender, isAfterLoss: boolean): ResumingAnnouncer {
    this.#run = undefined;
    this.#readers.recovery.isActive ||= isAfterLoss;
    this.#readers.announcer?.stop();
    this.#readers.restart();
    return this.#readers.announcer = new ResumingAnnouncer(sender, this.#readers);
  }

  /** Handles a control that concerns the past. Returns whether nothing else is to be done. */
  handles(control: SessionControl): boolean {
    switch (control.kind) {
      case "replay":
      case "replayed":
        this.#onReplay(control);
        return true;
      case "gap":
        return this.#onGap(control.topics);
    }
    return false;
  }

  onSubscribed({ ref, topics, history }: Extract<Control, { kind: "subscribed" }>): void {
    const histories = readTopicHistories(history, topics.length);
    topics.forEach((topic, i) => {
      const request = this.#readers.sent(ref, topic);
      if (request === undefined || request.isAnswered) return;
      request.isAnswered = true;
      const known = histories?.[i];
      if (known) this.#onHistory(request, known);
      else this.#onNoHistory(request);
    });
  }

  #onReplay(control: ReplayControl | ReplayedControl): void {
    const { kind, ref, topic, whole } = control;
    const request = this.#readers.sent(ref, topic);
    if (this.#run !== undefined) {
      this.#report(`${describe(topic)} before the last replay was complete`, topic);
    }
    this.#run = undefined;
    if (request === undefined && !this.#readers.isDropped(ref, topic, kind === "replayed")) {
      this.#report(`${describe(topic)}, which was not asked for or has ended`, topic);
    }
    if (kind === "replay") {
      if (control.count > 0) this.#run = { request, topic: splitTopic(topic), left: control.count };
      if (request !== undefined && whole === false) this.#onLoss(request);
    } else if (request !== undefined) {
      this.replays[whole && !request.isGapTold ? "whole" : "lost"]++;
      if (!whole && !request.isGapTold) this.#onLoss(request);
      this.#readers.end(request, control.at);
    }
  }

  /** Events may have been missed upstream. Returns whether the outcome of a recovery will say so. */
  #onGap(topics: readonly string[] | undefined): boolean {
    const { recovery } = this.#readers;
    const [names, types] = [new Set(topics), new Set(topics?.map((topic) => splitTopic(topic).type))];
    const isMeant = ({ name, type, id }: Topic & { name: string }): boolean =>
      topics === undefined || names.has(EVERY_TOPIC) || names.has(name) ||
      (id === undefined ? types : names).has(type);
    for (const { sink } of this.#readers.readersOf(isMeant)) sink.onLoss();
    if (recovery.isActive) recovery.onLoss();
    return recovery.isActive;
  }

  /** Takes an event that arrived. Returns the event for the listeners, unless replays bring it to them. */
  take(envelope: EventEnvelope, arrived: unknown): EventEnvelope | undefined {
    const { type, id, payload } = envelope;
    const at = positionIn(arrived);
    const event = withVia(at === undefined ? envelope : { type, id, payload, at }, viaOf(envelope));
    if (at !== undefined) this.#host.tracing?.inherit(event, envelope);
    if (this.#run !== undefined) return this.#onReplayed(event);
    const isReplayed = at !== undefined && this.#readers.note(type, id, at);
    if (!isReplayed) return event;
    this.dropped++;
    return undefined;
  }

  /** Whether it will report how a recovery after a loss ends. */
  get isRecovering(): boolean {
    return this.#readers.recovery.isActive;
  }

  /** The status is `open`. */
  onOpen(): void {
    const isWhole = this.#host.status.state === "open" ? this.#readers.recovery.takeOutcome() : undefined;
    if (isWhole === undefined) return;
    this.#onOutcome(isWhole && !this.#readers.hasOthers ? { recovered: true } : { gap: true });
  }

  #onHistory(request: PastRequest, { at, whole }: TopicHistory): void {
    if (request.isLive) {
      if (request.hasLost) this.#onLoss(request);
      // An event that has arrived since it was asked is later.
      return this.#readers.end(request, request.topic.position ?? at);
    }
    request.at = at;
    for (const reader of [...request.readers]) {
      reader.begin(at);
      reader.becomeReady();
    }
    if (!whole) this.#onLoss(request);
  }

  /** The hub has no history of the topic. */
  #onNoHistory(request: PastRequest): void {
    const { isLive, topic, readers } = request;
    for (const reader of isLive ? [] : [...readers]) {
      if (reader.hasBegun) continue;
      reader.stop();
      reader.sink.onEnd(new NoHistoryError(topic.name));
    }
    if (request.hasLost || !isLive) this.#onLoss(request);
    this.#readers.end(request, undefined);
  }

  /** Events are missing before those that come next. */
  #onLoss(request: PastRequest): void {
    request.isGapTold = true;
    if (this.#readers.recovery.has(request)) this.#readers.recovery.onLoss();
    for (const { sink } of [...request.readers]) sink.onLoss();
  }

  #onReplayed(event: EventEnvelope): undefined {
    const { request, topic } = this.#run ?? {};
    if (this.#run !== undefined && --this.#run.left === 0) this.#run = undefined;
    if (topic === undefined || !topicsOverlap(topic, event)) {
      this.dropped++;
      return this.#report(`${describe(topicOfEnvelope(event))} among the events of another topic`);
    }
    if (request === undefined) return void this.dropped++;
    this.delivered++;
    if (event.at !== undefined) request.at = event.at;
    for (const { sink } of request.readers) sink.onPast(event);
  }

  #report(what: string, topic?: string): undefined {
    this.#host.report("decode", new TypeError(`Received a replay of ${what}`), topic);
  }
}
