import { assert } from "@std/assert";
import { jsonCodec } from "../../adapters/_wire/json_codec.ts";
import { newLink } from "../../adapters/_link/create_link.ts";
import type { Link } from "../../adapters/_link/link.ts";
import type {
  LinkOptions,
  OpenConnection,
  OpenConnectionContext,
  ReconnectOptions,
} from "../../adapters/_link/options.ts";
import { reconnectingWire } from "../../adapters/_link/reconnecting_wire.ts";
import type { WireEnd } from "../../adapters/_wire/wire.ts";
import type { EnvelopeListener, EventTargetStatus } from "../../core/types.ts";
import { FakeWire } from "./fake_wire.ts";
import { microtasks } from "./clock.ts";

/** A call of `onError`. */
export interface Report {
  readonly stage: string;
  readonly error: string;
  readonly topic?: string | undefined;
  readonly dropped?: number | undefined;
}

/** Options of {@linkcode openReconnecting}. */
export interface ReconnectingLinkOptions extends LinkOptions, ReconnectOptions {
  /** Opens a connection; without one, a wire that is connecting. */
  readonly connect?: OpenConnection<FakeWire>;
  /** Without one, always 0.5: the delays are 250, 500, 1000 ms and so on. */
  readonly random?: () => number;
}

/** A link that reconnects, and its controls. */
export interface ReconnectingLink {
  readonly link: Link;
  readonly reports: Report[];
  readonly statuses: EventTargetStatus[];
  /** The wires of all attempts that got one. */
  readonly wires: FakeWire[];
  /** The arguments of the function. */
  readonly attempts: OpenConnectionContext[];
  /** The wire of the last attempt that got one. */
  last(): FakeWire;
  /** The connection of the attempt opens, and the hub answers the hello. */
  open(): Promise<FakeWire>;
  /** The connection of the attempt opens, and the hub says nothing. */
  openSilently(): Promise<FakeWire>;
  /** The connection is lost. */
  lose(end?: WireEnd): void;
  /** Closes the link, which the far end agrees to at once. */
  close(): Promise<void>;
  /** The hub acknowledges, or refuses, topics of a request. */
  acknowledge(ref: string, topics: readonly string[], refused?: readonly string[]): void;
  publish(id: string, payload?: unknown): void;
  listen(topic: string, listener?: Partial<EnvelopeListener>): () => void;
  stages(): string[];
  /** The reported states, with gaps. */
  states(): string[];
}

/** A link over wires without a transport that a function opens, and its reports. */
export function openReconnecting(
  { connect = () => new FakeWire("connecting"), random = () => 0.5, ...options }: ReconnectingLinkOptions =
    {},
): ReconnectingLink {
  const reports: Report[] = [];
  const statuses: EventTargetStatus[] = [];
  const wires: FakeWire[] = [];
  const attempts: OpenConnectionContext[] = [];
  const source = reconnectingWire<FakeWire, string>(
    (context) => {
      attempts.push(context);
      return connect(context);
    },
    (wire) => {
      wires.push(wire);
      return wire;
    },
    options,
    random,
  );
  const link = newLink("TestLink", source, jsonCodec, {
    onError: (error, { stage, topic, dropped }) =>
      void reports.push({ stage, error: String(error), topic, dropped }),
    onStatus: (status) => void statuses.push(status),
    ...options,
  });
  const last = (): FakeWire => {
    const wire = wires.at(-1);
    assert(wire !== undefined, "there is no connection yet");
    return wire;
  };
  const openSilently = async (): Promise<FakeWire> => {
    await microtasks();
    last().open();
    await microtasks();
    return last();
  };
  return {
    link,
    reports,
    statuses,
    wires,
    attempts,
    last,
    openSilently,
    async open() {
      const wire = await openSilently();
      wire.answerHello();
      return wire;
    },
    lose: (end = { code: 1006 }) => last().end(end),
    async close() {
      const closed = link.close();
      wires.at(-1)?.end({ code: 1000 });
      await closed;
    },
    acknowledge(ref, topics, refused = []) {
      const payload = { topics, refused: refused.map((topic) => ({ topic, reason: "no" })) };
      last().receiveEnvelopes({ type: "__subscribed", id: ref, payload });
    },
    publish: (id, payload) => link.publish({ type: "n", id, payload }),
    listen: (topic, listener = {}) => {
      const [type = "", id] = topic.split(":");
      return link.listen(type, id, { onEvent() {}, ...listener });
    },
    stages: () => reports.map(({ stage }) => stage),
    states: () => statuses.map(({ state, gap }) => gap ? `${state}, gap` : state),
  };
}

/** The envelopes that were sent on a wire. */
export function sentOn({ envelopes }: FakeWire): string[] {
  return envelopes.map(({ type, id }) => id === "" ? type : `${type} ${id}`);
}
