/** Marks the messages of this library, among those of the program. */
const MARK = "@alkdev/pubsub";

/**
 * What an end tells of its start: the hub listens, the link listens, or the link has sent all that comes first and is
 * open.
 */
export type Ready = "hub" | "link" | "open";

/** What one message of an end to the other may hold. */
export interface WorkerMessage {
  /** How far the end is. */
  readonly ready?: Ready;
  /** One envelope or several. What arrived is still to be checked. */
  readonly frame?: unknown;
  /** The size of the frame in bytes, as its sender counts it. */
  readonly bytes?: number;
  /** Whether the other end shall tell what it has taken, this frame included. */
  readonly ask?: boolean;
  /** How many bytes of frames the end has taken in all. */
  readonly taken?: number;
}

/**
 * Marks a message as this library's.
 *
 * @param message What it says.
 * @returns What is posted.
 */
export function markMessage(message: WorkerMessage): object {
  return { [MARK]: 1, ...message };
}

/**
 * Reads a message.
 *
 * @param data What arrived; it may be anything.
 * @returns What it says, without what makes no sense; `undefined` for one that is the program's own.
 */
export function readMessage(data: unknown): WorkerMessage | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const message = data as Partial<Readonly<Record<string, unknown>>>;
  if (message[MARK] !== 1) return undefined;
  const { ready, frame, bytes, ask, taken } = message;
  return {
    ...(ready === "hub" || ready === "link" || ready === "open" ? { ready } : {}),
    ...("frame" in message ? { frame, bytes: isSize(bytes) ? bytes : 0, ask: ask === true } : {}),
    ...(isSize(taken) ? { taken } : {}),
  };
}

function isSize(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
