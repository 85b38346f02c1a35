import type { ClientBytes } from "../bytes.ts";
import type { ChannelKind, ChannelName } from "../channels.ts";

/** Where channels are subscribed to: one connection, or several that lose and regain their channels together. */
export interface Line {
  /** Whether commands can be sent. */
  readonly up: boolean;
  /** Whether channels may outlive a loss, since it was that of some servers among several. */
  readonly retains: boolean;
  /** Where the connection leads, where there are several places. */
  readonly address: string | undefined;
  /** Subscribes to a channel; may be done again. */
  subscribe(channel: ChannelName): Promise<unknown>;
  /** Unsubscribes from a channel. */
  unsubscribe(channel: ChannelName): Promise<unknown>;
  /**
   * Is answered, if only by a refusal, after the messages that were sent before on the way that some channels come. It
   * changes nothing, since the client may send it again after a loss.
   */
  barrier(subscribed: Iterable<ChannelName>): Promise<unknown>;
  /** Lets go of the client. */
  stop(): void;
}

/** What a {@linkcode Line} tells. Nothing is told before the call that makes the line has returned. */
export interface LineEvents {
  /** Commands can be sent, and everything has to be subscribed to. */
  onUp(): void;
  /** Commands cannot be sent, and nothing that was subscribed to can be relied on any more. */
  onDown(): void;
  /** There is another attempt to connect in so many milliseconds. */
  onRetry(delayMs: number): void;
  /** Connecting failed. */
  onError(error: unknown): void;
  /** There will be no more attempts, and the line is not up. */
  onEnd(): void;
  /** A message arrived by the subscription to `name`. */
  onMessage(kind: ChannelKind, name: string, channel: string, message: ClientBytes): void;
}
