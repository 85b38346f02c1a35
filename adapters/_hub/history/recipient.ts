import type { Via } from "../../../core/via.ts";
import type { ErrorStage } from "../../../core/types.ts";
import type { Sender } from "../../_session/sender.ts";
import type { EncodedEnvelope } from "../../_wire/codec.ts";
import type { HubBounds } from "../bounds.ts";
import type { SpokeTraffic } from "../hub_counters.ts";

/** A spoke, as far as it is sent events of the past. */
export interface Recipient {
  readonly session: { readonly sender: Sender };
  /** The topics that it is subscribed to. */
  readonly subscribed: Pick<ReadonlySet<string>, "has">;
  readonly bounds: Pick<HubBounds, "maxTopicsPerConnection">;
  /** Whether events are still sent to it. */
  readonly takesEvents: boolean;
  /** The id of the spoke in the `via` of its events, if it has sent any. */
  readonly hopId: string | undefined;
  /** Whether it wants the events back that it has published itself. */
  readonly wantsEcho: boolean;
  readonly traffic: SpokeTraffic;
  /** Sends an event that was encoded for it. */
  deliver(event: EncodedEnvelope): void;
  /** Ends it for something that it did, and reports that. */
  drop(code: number, reason: string, stage: ErrorStage, topic?: string): void;
  /** Reports a fault that concerns it. */
  report(stage: ErrorStage, error: unknown, topic?: string): void;
}

/** Whether an event came from a spoke. */
export function isOwn(via: Via | undefined, { hopId }: Pick<Recipient, "hopId">): via is Via {
  return via !== undefined && via.at(-1) === hopId;
}
