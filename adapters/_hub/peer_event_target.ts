import { printable } from "../../core/describe.ts";
import { DiagnosedEventTarget } from "../../core/diagnosed_event_target.ts";
import { diagnose } from "../../core/diagnostics.ts";
import type { FaultDetails } from "../../core/report.ts";
import type { ErrorStage, EventTargetOptions } from "../../core/types.ts";
import type { Session } from "../_session/session.ts";
import type { Wire } from "../_wire/wire.ts";
import { FIRST_ANSWER_CREDIT } from "./bounds.ts";
import { SpokeMemory } from "./explain.ts";
import { FaultReports } from "./incoming/fault_reports.ts";
import { Rejections } from "./incoming/rejections.ts";
import type { Refusal } from "./incoming/subscribe_request.ts";
import { peerContext } from "./peer_context.ts";
import type { HashedTopic } from "./named_topic.ts";
import { SpokeTopics } from "./spoke_topics.ts";
import { TopicTable } from "./topic_table.ts";

/** The event target of one peer, who may be a stranger: it names the peer in reports, and bounds and notes what goes wrong. */
export abstract class PeerEventTarget extends DiagnosedEventTarget {
  /** The topics that it is subscribed to. */
  readonly subscribed: TopicTable<HashedTopic> = new TopicTable();
  context: unknown;
  /** The identity that the peer has proved, if the transport knows one. */
  readonly endpointId: string | undefined;
  /** Made for the first refusal or gap. */
  memory: SpokeMemory | undefined;
  /** Whether it is one of the hub's spokes: after its start, and before its end. */
  attached = false;
  /** How many bytes of answers its requests have paid for beyond those that it was sent. */
  answerCredit = FIRST_ANSWER_CREDIT;
  abstract readonly session: Session;
  #faults: FaultReports | undefined;
  #rejections: Rejections | undefined;
  /** Made when a program reads it. */
  #topics: SpokeTopics | undefined;

  constructor(tag: string, options: EventTargetOptions, { state, endpointId }: Wire, context: unknown) {
    super(tag, options, state === "open" ? "open" : "connecting");
    this.context = context;
    this.endpointId = endpointId;
  }

  get topics(): SpokeTopics {
    return this.#topics ??= new SpokeTopics(this.subscribed);
  }

  /** Marks the target for the printer of faults: the peer may cause them at any rate. */
  get isOfPeer(): true {
    return true;
  }

  /** The reports of what the peer does wrong. */
  get faults(): FaultReports {
    return this.#faults ??= new FaultReports(this);
  }

  /** Tells the peer which of its events were refused. */
  get rejections(): Rejections {
    return this.#rejections ??= new Rejections(this);
  }

  stopRejections(): void {
    this.#rejections?.stop();
  }

  /** A frame of the peer has been read. */
  flushFaults(): void {
    this.#faults?.flush();
  }

  /** Notes that it was refused topics. */
  noteRefused(refusals: readonly (readonly [topic: string, refusal: Refusal])[]): void {
    if (refusals.length === 0) return;
    (this.memory ??= new SpokeMemory()).refuse(refusals);
    for (const [topic, { reason, by }] of refusals) {
      diagnose(() => ({ kind: "refusal", target: this, topic, reason, by }));
    }
  }

  /** Names the peer in the report, as far as the program or the transport knows it. */
  override report(stage: ErrorStage, error: unknown, topic?: string, more?: FaultDetails): void {
    super.report(stage, error, topic, { ...peerContext(this), ...more });
  }

  override facts(): object {
    const { subscribed, endpointId } = this;
    // A plain `Set`, of text that can be printed: a peer has chosen it.
    const names = new Set(Array.from(subscribed, ({ name }) => printable(name)));
    return { topics: names, ...(endpointId !== undefined && { endpointId }) };
  }
}
