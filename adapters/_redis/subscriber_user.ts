import type { ListenerList } from "../../core/listener_list.ts";
import type { ClientBytes } from "./bytes.ts";
import type { ChannelKind } from "./channels.ts";

/** An event target that hears messages by a `Subscriber`. */
export interface SubscriberUser {
  /** How long a command may take before it is reported and sent again, in milliseconds. */
  readonly commandTimeoutMs: number;
  /** A message arrived on a channel that was wanted for these listeners. */
  onMessage(list: ListenerList, channel: string, message: ClientBytes): void;
  /** The server has acknowledged a channel of these listeners. */
  onSubscribed(list: ListenerList): void;
  /** The server will not have a channel of these listeners. */
  onRefused(list: ListenerList, kind: ChannelKind, error: Error): void;
  /** A command failed, and will be sent again. */
  onFault(error: unknown, list: ListenerList): void;
  /** The connection is there, and all that was lost with an earlier one too. */
  onUp(): void;
  /** The connection is lost, and every channel with it. */
  onDown(): void;
  /** There is another attempt to connect in so many milliseconds. */
  onRetry(delayMs: number): void;
  /** Connecting failed. */
  onError(error: unknown): void;
  /** There will be no more attempts. */
  onEnd(): void;
}
