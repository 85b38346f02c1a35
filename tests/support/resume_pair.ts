/** A link with `resume`, and a hub whose frames are delivered when a test says so. */
import { createPubSub, type PubSub } from "@alkdev/pubsub";
import { createResume, type Resume } from "@alkdev/pubsub/history";
import { microtasks } from "./clock.ts";
import type { FakeWire } from "./fake_wire.ts";
import { openReconnecting, type ReconnectingLink } from "./reconnecting_link.ts";
import { ResumingHub } from "./resuming_hub.ts";

export type Events = { news: number; state: number; plain: number };

interface OpenLink extends ReconnectingLink {
  readonly pubsub: PubSub<Events>;
  /** The first connection. */
  readonly wire: FakeWire;
}

interface OpenPair extends ReconnectingLink {
  readonly hub: ResumingHub;
  readonly pubsub: PubSub<Events>;
  connect(): Promise<void>;
  publish(id: string, ...payloads: number[]): void;
  cut(): void;
  /** Delivers everything, in both directions. */
  settle(): Promise<void>;
  /** Connects again, and delivers everything. */
  rejoin(): Promise<void>;
  /** Publishes events, and delivers everything. */
  deliver(id: string, ...payloads: number[]): Promise<void>;
}

/** A link whose hub says what a test says. */
export async function openLink(resume: Resume = createResume()): Promise<OpenLink> {
  const opened = openReconnecting({ resume });
  const wire = await opened.open();
  return { ...opened, wire, pubsub: createPubSub<Events>({ eventTarget: opened.link }) };
}

/** A link and a hub with a history, whose frames are delivered at once when a test says so. */
export async function openPair(perId = Infinity): Promise<OpenPair> {
  const hub = new ResumingHub({ news: { perId }, state: { perId: 1 } });
  const opened = openReconnecting({ resume: createResume() });
  const { link } = opened;
  const connect = async () => {
    link.reconnect();
    await microtasks();
    hub.connect(opened.last());
    opened.last().open();
    await microtasks();
  };
  const publish = (id: string, ...payloads: number[]): void => {
    for (const payload of payloads) hub.publish({ type: "news", id, payload });
  };
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 100; i++) {
      hub.connection?.readUp();
      hub.connection?.page(0, 2);
      hub.connection?.deliver();
      await microtasks();
    }
  };
  await connect();
  return {
    ...opened,
    hub,
    pubsub: createPubSub<Events>({ eventTarget: link }),
    connect,
    publish,
    settle,
    cut() {
      hub.connection = undefined;
      opened.lose();
    },
    async rejoin() {
      await connect();
      await settle();
    },
    async deliver(id, ...payloads) {
      publish(id, ...payloads);
      await settle();
    },
  };
}

/** The requests for topics that were sent on a wire. */
export function requests(wire: FakeWire): unknown[] {
  return wire.envelopes.filter(({ type }) => type === "__subscribe" || type === "__unsubscribe")
    .map(({ type, payload }) => [type.slice(2), payload]);
}

export async function readAll(
  events: AsyncIterableIterator<{ payload: unknown }>,
  count: number,
): Promise<unknown[]> {
  const payloads: unknown[] = [];
  for (let i = 0; i < count; i++) payloads.push((await events.next()).value?.payload);
  return payloads;
}
