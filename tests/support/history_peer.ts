import { eventually } from "./eventually.ts";
import { microtasks } from "./clock.ts";

/** An envelope as it crossed the wire. */
export interface WireEnvelope {
  readonly type: string;
  readonly id: string;
  readonly payload?: unknown;
  readonly at?: string;
}

/** Each event among envelopes, with the ref of the replay that it belongs to. */
function eventsIn(envelopes: readonly WireEnvelope[]): { ref: string | undefined; payload: unknown }[] {
  let replay = { ref: "", left: 0 };
  return envelopes.flatMap(({ type, id, payload }) => {
    if (type === "__replay") replay = { ref: id, left: (payload as { count: number }).count };
    if (type.startsWith("__")) return [];
    return [{ ref: replay.left-- > 0 ? replay.ref : undefined, payload }];
  });
}

/** The payloads that the replay of a request brought. */
export function replayIn(envelopes: readonly WireEnvelope[], ref: string): unknown[] {
  return eventsIn(envelopes).filter((event) => event.ref === ref).map(({ payload }) => payload);
}

/** The payloads that came live. */
export function liveIn(envelopes: readonly WireEnvelope[]): unknown[] {
  return eventsIn(envelopes).filter(({ ref }) => ref === undefined).map(({ payload }) => payload);
}

/** A peer that speaks the protocol word by word, over a real socket. */
export class HistoryPeer implements AsyncDisposable {
  readonly envelopes: WireEnvelope[] = [];
  readonly socket: WebSocket;
  #refs = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.onmessage = ({ data }) => {
      const frame: WireEnvelope | WireEnvelope[] = JSON.parse(data);
      this.envelopes.push(...Array.isArray(frame) ? frame : [frame]);
    };
  }

  /** Connects, and says hello unless the peer is a bare client. */
  static async open(url: string, hello: object | undefined = {}): Promise<HistoryPeer> {
    const socket = new WebSocket(url);
    const peer = new HistoryPeer(socket);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    if (hello !== undefined) peer.send("__hello", "", { version: 1, batch: true, history: true, ...hello });
    return peer;
  }

  send(type: string, id: string, payload?: unknown): void {
    this.socket.send(JSON.stringify({ type, id, payload }));
  }

  /** Subscribes, and returns the payload of the answer. */
  async subscribe(topics: readonly string[], since?: unknown, ref = `r${++this.#refs}`): Promise<Answer> {
    this.send("__subscribe", ref, { topics, ...(since !== undefined && { since }) });
    const { payload } = await this.find("__subscribed", ref);
    return payload as Answer;
  }

  /** The payload of the `__replayed` of a request, once it has come. */
  async replayed(ref: string): Promise<{ topic: string; at: string; whole: boolean }> {
    return (await this.find("__replayed", ref)).payload as { topic: string; at: string; whole: boolean };
  }

  /** Waits until everything that was sent before has arrived. */
  async flush(): Promise<void> {
    const ref = `f${++this.#refs}`;
    this.send("__ping", ref);
    await this.find("__pong", ref);
  }

  async find(type: string, id: string): Promise<WireEnvelope> {
    const isIt = (each: WireEnvelope): boolean => each.type === type && each.id === id;
    await eventually(() => {
      if (!this.envelopes.some(isIt)) throw new Error(`No ${type} for ${id}`);
    });
    return this.envelopes.find(isIt) as WireEnvelope;
  }

  /** The payloads that the replay of a request brought. */
  replayOf(ref: string): unknown[] {
    return replayIn(this.envelopes, ref);
  }

  /** The payloads that came live. */
  live(): unknown[] {
    return liveIn(this.envelopes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return;
    const closed = new Promise((resolve) => this.socket.addEventListener("close", resolve));
    this.socket.close();
    await closed;
  }
}

/** The payload of a `__subscribed`. */
export interface Answer {
  readonly topics: readonly string[];
  readonly refused: readonly { topic: string; reason: string }[];
  readonly history?: readonly ({ at: string; whole: boolean } | null)[];
}

/** Waits for replays, which yield after two milliseconds: another program can take these. */
export async function replaysHaveEnded(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) {
    await microtasks();
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}
