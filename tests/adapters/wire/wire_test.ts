import { assertEquals } from "@std/assert";
import {
  ConnectionLostError,
  createPubSub,
  type EventTargetStatus,
  type PubSubEventTarget,
} from "@alkdev/pubsub";
import {
  byeEnvelope,
  createHub,
  createJsonCodec,
  createLink,
  type Transport,
  type Wire,
  type WireEvents,
} from "@alkdev/pubsub/wire";

/** One end of a connection in memory. */
class End {
  readonly far: End;
  events: WireEvents | undefined;

  constructor(far?: End) {
    this.far = far ?? new End(this);
  }

  /** Ends the connection at both ends. */
  cut(): void {
    for (const end of [this, this.far]) {
      const { events } = end;
      end.events = undefined;
      events?.onEnd({});
    }
  }
}

/** A transport that has neither close codes nor reasons. */
const transport: Transport<End, string> = {
  codec: createJsonCodec(),
  toWire: (end): Wire<string> => ({
    get state() {
      return end.events === undefined ? "closed" : "open";
    },
    bufferedBytes: 0,
    start(events) {
      end.events = events;
      events.onOpen();
    },
    send: (frame) => queueMicrotask(() => end.far.events?.onFrame(frame)),
    close(code, reason) {
      this.send(JSON.stringify(byeEnvelope(reason, code)));
      queueMicrotask(() => end.cut());
    },
    detach() {
      end.events = undefined;
    },
  }),
};

type Events = { "user.renamed": { name: string } };

Deno.test("a link and a hub over a transport of one's own carry events in both directions", async () => {
  const [near, hub] = [new End(), createHub(transport)];
  hub.addConnection(near.far);
  const link = createLink(transport, near);
  for (const [from, to] of [[hub, link], [link, hub]] as const) {
    const renames = createPubSub<Events>({ eventTarget: to }).subscribe("user.renamed", "user_1");
    await renames.ready;
    createPubSub<Events>({ eventTarget: from }).publish("user.renamed", "user_1", { name: "Ada" });
    assertEquals((await renames.next()).value?.payload, { name: "Ada" });
    await renames.return();
  }
  await link.close();
  await hub.close();
});

Deno.test("a bye envelope carries the code and the reason over a transport that has neither", async () => {
  const [near, hub] = [new End(), createHub(transport)];
  hub.addConnection(near.far);
  const link = createLink(transport, near);
  await link.flush();
  await hub.close();
  const error = await link.closed;
  assertEquals([error instanceof ConnectionLostError, error?.message], [
    true,
    "The connection ended with the code 1001: the hub is closed",
  ]);
});

Deno.test("a link that is given a function opens another connection after a loss", async () => {
  const hub = createHub(transport);
  const ends: End[] = [];
  const statuses: EventTargetStatus[] = [];
  const open = (): End => {
    const end = new End();
    ends.push(end);
    hub.addConnection(end.far);
    return end;
  };
  const link = createLink(transport, open, {
    reconnectDelayMs: 1,
    onStatus: (status) => void statuses.push(status),
  });
  await link.flush();
  ends[0]?.cut();
  await link.flush();
  assertEquals([ends.length, statuses.map(({ state }) => state)], [2, ["open", "reconnecting", "open"]]);
  await link.close();
  await hub.close();
});

Deno.test("name is the tag of the event target, and the context of a spoke is typed", async () => {
  const hub = createHub<never, End, string, { user: string }>(transport, { name: "MemoryHub" });
  const link: PubSubEventTarget = createLink(transport, new End(), { name: "MemoryLink" });
  const spoke = hub.addConnection(new End(), { context: { user: "ada" } });
  const user: string = spoke.context.user;
  assertEquals([String(hub), String(link), String(spoke), user], [
    "[object MemoryHub]",
    "[object MemoryLink]",
    "[object SpokeEventTarget]",
    "ada",
  ]);
  await link.close();
  await hub.close();
});

Deno.test("a codec that throws at the answer to a peer ends that session alone, with a report", async () => {
  const json = createJsonCodec();
  const codec: typeof json = {
    ...json,
    encode(envelope, isControl, options) {
      if (isControl && envelope.id === "bad") throw new TypeError("unencodable");
      return json.encode(envelope, isControl, options);
    },
  };
  const faults: string[] = [];
  const hub = createHub({ ...transport, codec }, {
    onError: (error, { stage }) => void faults.push(`${stage} ${error}`),
  });
  const [bad, good] = [new End(), new End()];
  for (const end of [bad, good]) hub.addConnection(end);
  const answers: unknown[] = [];
  good.far.events = {
    onOpen() {},
    onFrame: (frame) => void answers.push(frame),
    onSignOfLife() {},
    onEnd() {},
  };
  bad.events?.onFrame('{"type":"__ping","id":"bad"}');
  good.events?.onFrame('{"type":"__ping","id":"good"}');
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(faults, ["connect TypeError: unencodable"]);
  assertEquals([hub.connectionCount, answers], [1, ['{"type":"__pong","id":"good"}']]);
  await hub.close();
});
