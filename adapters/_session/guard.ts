/** Asked before each frame that is read, and when much waits to leave. */
export interface SessionGuard {
  /**
   * Whether a frame that has arrived is read; asked again for a frame of many elements, once their number is known.
   * Otherwise the guard has ended the session.
   */
  mayReceive(elements: number): boolean;
  /** A frame of that size has been read, or could not be decoded. Signs of life count as nothing. */
  onRead?(size: number): void;
  /** The peer has answered something that it was asked. */
  onAnswer?(): void;
  /** The cost of what can wait in an open session without a call of `onBacklog`, in bytes. */
  readonly toleratedBytes: number;
  /** More than that may wait since an envelope was added, which is a control or an event. */
  onBacklog(isControl: boolean): void;
}
