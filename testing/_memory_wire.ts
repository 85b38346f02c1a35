import type { Wire, WireEnd, WireEvents } from "../adapters/wire.ts";

/** One end of a connection in memory. */
export class MemoryConnection {
  far: MemoryConnection | undefined;
  /** Whether this end does not read for now. */
  isPaused = false;
  state: "open" | "closed" = "open";
  events: WireEvents | undefined;
  /** The frames that the far end has sent, and this end has not read. */
  readonly #unread: (string | WireEnd)[] = [];
  #isReading = false;
  unreadBytes = 0;
  /** The error of a connection that never opens. */
  fault: Error | undefined;

  /** Takes a frame of the far end, or its end. */
  receive(item: string | WireEnd): void {
    this.#unread.push(item);
    if (typeof item === "string") this.unreadBytes += item.length;
    this.read();
  }

  /** Reads, a moment later, what there is. */
  read(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    queueMicrotask(() => {
      this.#isReading = false;
      while (!this.isPaused && this.events !== undefined) {
        const item = this.#unread.shift();
        if (item === undefined) return;
        if (typeof item !== "string") return this.end(item);
        this.unreadBytes -= item.length;
        this.events.onFrame(item);
      }
    });
  }

  /** Cuts the connection, as a network does: what was on its way is lost. */
  cut(): void {
    this.endSoon({ code: 1006 });
    this.far?.endSoon({ code: 1006 });
  }

  /** Ends this end, a moment later. */
  endSoon(end: WireEnd): void {
    this.state = "closed";
    queueMicrotask(() => this.end(end));
  }

  end(end: WireEnd): void {
    const { events } = this;
    this.state = "closed";
    this.events = undefined;
    events?.onEnd(end);
  }
}

/** Connects two ends. */
export function connectInMemory(): readonly [MemoryConnection, MemoryConnection] {
  const [near, far] = [new MemoryConnection(), new MemoryConnection()];
  near.far = far;
  far.far = near;
  return [near, far];
}

/** A connection that never opens. */
export function connectionThatFails(fault: Error): MemoryConnection {
  const connection = new MemoryConnection();
  connection.state = "closed";
  connection.fault = fault;
  return connection;
}

/** The wire of one end. */
export function memoryWire(connection: MemoryConnection): Wire<string> {
  return {
    get state() {
      return connection.state;
    },
    get bufferedBytes() {
      return connection.far?.unreadBytes ?? 0;
    },
    start(events) {
      connection.events = events;
      const { fault, state } = connection;
      if (state === "closed") {
        return connection.endSoon(fault === undefined ? { code: 1006 } : { error: fault });
      }
      events.onOpen();
      connection.read();
    },
    send(frame) {
      if (connection.state === "open") connection.far?.receive(frame);
    },
    close(code, reason) {
      if (connection.state === "closed") return;
      connection.far?.receive({ code, reason });
      connection.endSoon({ code, reason });
    },
    detach() {
      connection.events = undefined;
    },
  };
}
