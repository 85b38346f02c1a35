/** Marks the messages of this library, among those of the program. */
const MARK = "@alkdev/pubsub";

/** The progress of an end: the hub listens, the link listens, or the link is open and has sent what comes first. */
export type Ready = "hub" | "link" | "open";

/** A message between two ends. */
export interface WorkerMessage {
  readonly ready?: Ready;
  /** One envelope or several, unchecked. */
  readonly frame?: unknown;
  /** The size of the frame by its sender's estimate, in bytes. */
  readonly bytes?: number;
  /** Whether the other end must answer how many bytes it has received, this frame included. */
  readonly ask?: boolean;
  /** The answer: the bytes of frames that this end has received in all. */
  readonly taken?: number;
}

/** Makes a message recognizable as one of this library. */
export function markMessage(message: WorkerMessage): object {
  return { [MARK]: 1, ...message };
}

/** Reads a message, without members that are malformed. Returns `undefined` for any value that is not marked. */
export function readMessage(data: unknown): WorkerMessage | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  // Cast: every member is checked.
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
