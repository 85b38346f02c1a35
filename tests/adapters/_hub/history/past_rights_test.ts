import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  createInProcessEventTarget,
  createPubSub,
  type HistoryFrom,
  type HistorySource,
} from "@alkdev/pubsub";
import { createMemoryHistory } from "@alkdev/pubsub/history";
import { eventually } from "../../../support/eventually.ts";
import type { FakeSocket } from "../../../support/fake_socket.ts";
import {
  type Answer,
  liveIn,
  replayIn,
  replaysHaveEnded,
  type WireEnvelope,
} from "../../../support/history_peer.ts";
import { laggingTarget } from "../../../support/lagging_target.ts";
import { open, type OpenHub } from "../../../support/wire_hub.ts";
import type { HubOptions } from "../../../../adapters/_hub/types.ts";

const HELLO = { batch: true, history: true };
const ALL = { type: "news", id: undefined };

/** A hub that keeps the type "news", and what its peers were told. */
function openHistory(options: HubOptions<FakeSocket> = {}): OpenHub & {
  history: ReturnType<typeof createMemoryHistory>;
  ask(
    socket: FakeSocket,
    ref: string,
    topic: string,
    since?: unknown,
  ): Promise<[whole: unknown, replayed: unknown[]]>;
} {
  const history = createMemoryHistory({ news: {} });
  const opened = open({ history, ...options });
  return {
    ...opened,
    history,
    async ask(socket, ref, topic, since = { from: "start" }) {
      socket.receive("__subscribe", ref, { topics: [topic], since: [since] });
      await replaysHaveEnded();
      const answer = wire(socket).find(({ type, id }) => type === "__subscribed" && id === ref);
      return [(answer?.payload as Answer | undefined)?.history?.[0]?.whole, replayIn(wire(socket), ref)];
    },
  };
}

const wire = ({ envelopes }: FakeSocket): WireEnvelope[] => envelopes;

for (const isLate of [false, true]) {
  Deno.test(`authorize is asked where a subscription begins, and can limit it to what is live; ${isLate ? "later" : "at once"}`, async () => {
    const asked: [string | undefined, HistoryFrom | undefined][] = [];
    const { add, ask, publish, end, reports } = openHistory({
      authorize: ({ action, id, from }) => {
        if (action === "subscribe") asked.push([id, from]);
        const decision = id === "secret" ? "live" : id !== "forbidden";
        return isLate ? Promise.resolve(decision) : decision;
      },
    });
    for (const id of ["open", "secret", "forbidden"]) publish("news", id, 1);
    const { socket } = add(undefined, HELLO);
    assertEquals(await ask(socket, "a", "news:open"), [true, [1]]);
    assertEquals(await ask(socket, "b", "news:secret"), [false, []]);
    assertEquals(await ask(socket, "c", "news:forbidden"), [undefined, []]);
    assertEquals(await ask(socket, "d", "news:secret", null), [true, []]);
    assertEquals(asked, [["open", "start"], ["secret", "start"], ["forbidden", "start"], [
      "secret",
      undefined,
    ]]);
    for (const id of ["open", "secret", "forbidden"]) publish("news", id, 2);
    await replaysHaveEnded();
    assertEquals(liveIn(wire(socket)), [2, 2]);
    socket.receive("news", "secret", "live is no right to publish");
    await replaysHaveEnded();
    assertEquals(reports.map(({ stage }) => stage), ["subscribe", "publish"]);
    await end(socket);
  });
}

Deno.test("revoke ends the right to the past: positions from before are gaps, for every connection of the link", async () => {
  const { hub, history, add, ask, publish, end } = openHistory();
  const head = (): string => history.head({ type: "news", id: undefined });
  const link = { ...HELLO, link: "secret of the link" };
  const { socket, spoke } = add(undefined, { ...link, connection: 1 });
  publish("news", "1", 1);
  assertEquals(await ask(socket, "a", "news:1"), [true, [1]]);
  const before = head();
  hub.revoke(spoke, "news:1");
  publish("news", "1", 2);
  // The ban was lifted: what was published meanwhile is not for the spoke, and the time from now on is.
  for (const [ref, topic] of [["b", "news:1"], ["c", "news"]] as const) {
    assertEquals(await ask(socket, ref, topic, before), [false, []]);
  }
  const after = head();
  publish("news", "1", 3);
  assertEquals(await ask(socket, "d", "news:1", after), [true, [3]]);
  assertEquals(await ask(socket, "e", "news:1", before), [false, []]);
  assertEquals(await ask(socket, "f", "news:1", { from: { latest: before } }), [false, []]);
  assertEquals(await ask(socket, "g", "news:2", before), [true, []]);
  const next = add(undefined, { ...link, connection: 2 });
  assertEquals(await ask(next.socket, "a", "news:1", before), [false, []]);
  assertEquals(await ask(next.socket, "b", "news:1", after), [true, [3]]);
  // What authorize allows is not the past of a position.
  assertEquals(await ask(next.socket, "c", "news:1"), [true, [1, 2, 3]]);
  const other = add(undefined, { ...HELLO, link: "another link", connection: 1 });
  assertEquals(await ask(other.socket, "a", "news:1", before), [true, [2, 3]]);
  await end(socket, next.socket, other.socket);
});

for (const kind of ["own", "late"] as const) {
  const source = kind === "own" ? "a hub with a history" : "an upstream that answers later";
  Deno.test(`a position from after a revocation is whole, for a link that was not subscribed since, too: ${source}`, async () => {
    for (const revoked of ["news:1", "news", undefined]) {
      // The newest position of all topics is known at once, or not at all.
      if (kind === "late" && revoked === undefined) continue;
      const lagging = kind === "late" ? laggingTarget(() => 0, 256) : undefined;
      const own = lagging === undefined ? openHistory() : undefined;
      const { hub, add, end } = own ?? open(lagging && { upstream: lagging.target });
      const publish = (payload: number): void => {
        (lagging?.target ?? hub).publish({ type: "news", id: "1", payload });
      };
      const history = own?.history ?? lagging?.target.history as HistorySource<unknown>;
      const link = { ...HELLO, link: "secret of the link" };
      const { socket, spoke } = add(["news:1"], { ...link, connection: 1 });
      await eventually(() => assert(wire(socket).some(({ type }) => type === "__subscribed")));
      publish(1);
      const before = await history.head(ALL);
      hub.revoke(spoke, revoked);
      publish(2);
      await new Promise((resolve) => setTimeout(resolve, 20));
      // Of another tab.
      const after = await history.head(ALL);
      publish(3);
      const sockets = [socket];
      for (const connection of [2, 3]) {
        const { socket } = add(undefined, { ...link, connection });
        sockets.push(socket);
        const rows: [ref: string, since: unknown, replayed: number[]][] = [
          ["a", after, [3]],
          ["b", before, []],
          ["c", { from: { latest: after } }, [3]],
          ["d", { from: { latest: before } }, []],
        ];
        for (const [ref, since, replayed] of connection === 2 ? rows : rows.toReversed()) {
          socket.receive("__subscribe", ref, { topics: ["news:1"], since: [since] });
          await eventually(() => {
            const end = wire(socket).find(({ type, id }) => type === "__replayed" && id === ref);
            assertEquals((end?.payload as { whole?: boolean } | undefined)?.whole, replayed.length > 0, ref);
          });
          assertEquals(replayIn(wire(socket), ref), replayed);
        }
      }
      await end(...sockets);
      await lagging?.target.close();
    }
  });
}

for (const isLate of [false, true]) {
  const source = isLate ? "an upstream that answers later" : "a hub with a history";
  Deno.test(`a link that was subscribed again since a revocation continues from there: ${source}`, async () => {
    for (const revoked of ["news:1", undefined]) {
      const lagging = isLate ? laggingTarget(() => 0, 256) : undefined;
      const own = lagging === undefined ? openHistory() : undefined;
      const { hub, add, end } = own ?? open(lagging && { upstream: lagging.target });
      const history = own?.history ?? lagging?.target.history as HistorySource<unknown>;
      const publish = (payload: number): void => {
        (lagging?.target ?? hub).publish({ type: "news", id: "1", payload });
      };
      const link = { ...HELLO, link: "secret of the link" };
      publish(1);
      const before = await history.head(ALL);
      publish(2);
      const { socket, spoke } = add(undefined, { ...link, connection: 1 });
      hub.revoke(spoke, revoked);
      // Nothing is published between the revocation and the next subscription.
      const at = await history.head(ALL);
      socket.receive("__subscribe", "a", { topics: ["news:1"], since: [{ from: "now" }] });
      await eventually(() => assert(wire(socket).some(({ type }) => type === "__subscribed")));
      publish(3);
      const next = add(undefined, { ...link, connection: 2 });
      for (const [ref, since, replayed] of [["b", at, [3]], ["c", before, []]] as const) {
        next.socket.receive("__subscribe", ref, { topics: ["news:1"], since: [since] });
        await eventually(() => {
          const end = wire(next.socket).find(({ type, id }) => type === "__replayed" && id === ref);
          assertEquals((end?.payload as { whole?: boolean } | undefined)?.whole, replayed.length > 0, ref);
        });
        assertEquals(replayIn(wire(next.socket), ref), [...replayed]);
      }
      await end(socket, next.socket);
      await lagging?.target.close();
    }
  });
}

Deno.test("revoke of everything, and of very many topics, ends the right to all that was published before", async () => {
  for (
    const revoke of [
      (hub: OpenHub["hub"], spoke: ReturnType<OpenHub["add"]>["spoke"]) => hub.revoke(spoke),
      (hub: OpenHub["hub"], spoke: ReturnType<OpenHub["add"]>["spoke"]) => {
        for (let i = 0; i <= 101; i++) hub.revoke(spoke, `news:${i}`);
      },
    ]
  ) {
    const { hub, history, add, ask, publish, end } = openHistory();
    const { socket, spoke } = add(undefined, HELLO);
    publish("news", "200", 1);
    const before = history.head({ type: "news", id: undefined });
    revoke(hub, spoke);
    publish("news", "200", 2);
    assertEquals(await ask(socket, "a", "news:200", before), [false, []]);
    await end(socket);
  }
});

Deno.test("a subscription that is revoked during its replay gets nothing more", async () => {
  const { hub, add, publish, end } = openHistory();
  for (let i = 0; i < 1000; i++) publish("news", "1", i);
  const { socket, spoke } = add(undefined, HELLO);
  socket.receive("__subscribe", "s", { topics: ["news:1"], since: [{ from: "start" }] });
  hub.revoke(spoke);
  await replaysHaveEnded();
  publish("news", "1", "later");
  await replaysHaveEnded();
  assertEquals(wire(socket).map(({ type }) => type), ["__hello", "__subscribed", "__revoked"]);
  await end(socket);
});

Deno.test("a replay of more events than maxReplay is a gap: nothing after a position, and otherwise the last ones", async () => {
  const { history, add, publish, end } = openHistory({ maxReplay: 5 });
  const at = history.head({ type: "news", id: undefined });
  for (let i = 1; i <= 4; i++) for (const id of ["1", "2"]) publish("news", id, Number(id) * 10 + i);
  const { socket } = add(undefined, HELLO);
  const rows: [since: unknown[], whole: boolean[], events: unknown[]][] = [
    [[{ from: "start" }, null], [false, true], [22, 13, 23, 14, 24]],
    [[at, null], [false, true], []],
    [[null, at], [true, true], [11, 12, 13, 14]],
    // The bound is of the whole request.
    [[{ from: { last: 3 } }, at], [true, false], [23, 14, 24]],
    [[{ from: { last: 3 } }, { from: "start" }], [true, false], [23, 14, 24, 13, 14]],
    [[{ from: "latest" }, { from: { last: 3 } }], [true, true], [14, 24, 12, 13, 14]],
  ];
  for (const [i, [since, whole, events]] of rows.entries()) {
    socket.receive("__subscribe", `${i}`, { topics: ["news", "news:1"], since });
    // A replay yields after two milliseconds, which another program can take.
    await eventually(() => {
      const answer = wire(socket).find(({ type, id }) => type === "__subscribed" && id === `${i}`)
        ?.payload as Answer | undefined;
      assertEquals([i, answer?.history?.map((place) => place?.whole), replayIn(wire(socket), `${i}`)], [
        i,
        whole,
        events,
      ]);
    });
  }
  await end(socket);
});

Deno.test("a link that replays more often than maxReplaysPerMinute gets gaps, over its connections; a quiet topic is free", async () => {
  const { history, add, ask, publish, end } = openHistory({ maxReplaysPerMinute: 2 });
  publish("news", "1", 1);
  const link = { ...HELLO, link: "secret of the link" };
  const { socket } = add(undefined, { ...link, connection: 1 });
  const head = history.head({ type: "news", id: undefined });
  for (let i = 0; i < 5; i++) assertEquals(await ask(socket, `quiet ${i}`, "news:1", head), [true, []]);
  assertEquals(await ask(socket, "a", "news:1"), [true, [1]]);
  assertEquals(await ask(socket, "b", "news:1"), [true, [1]]);
  assertEquals(await ask(socket, "c", "news:1"), [false, []]);
  const next = add(undefined, { ...link, connection: 2 });
  assertEquals(await ask(next.socket, "a", "news:1"), [false, []]);
  publish("news", "1", 2);
  await replaysHaveEnded();
  assertEquals(liveIn(wire(next.socket)), [2]);
  await end(socket, next.socket);
});

for (const isLate of [false, true]) {
  const source = isLate ? "an upstream that cannot count" : "a hub that counts";
  Deno.test(`a link that resumes topics by 20 requests takes one right to replay a connection: ${source}`, async () => {
    const lagging = isLate ? laggingTarget(() => 0) : undefined;
    const { history, hub, add, end } = lagging === undefined
      ? openHistory({ maxReplaysPerMinute: 5 })
      : { ...open({ upstream: lagging.target, maxReplaysPerMinute: 5 }), history: undefined };
    const bus = lagging?.target ?? hub;
    const topics = Array.from({ length: 400 }, (_, i) => `news:${i}`);
    const at = history?.head({ type: "news", id: undefined });
    const since = at ?? { from: "start" };
    // One event of every second topic, so that one right pays for all of them.
    const ids = Array.from({ length: 200 }, (_, i) => String(2 * i));
    for (const id of ids) bus.publish({ type: "news", id, payload: id });
    const link = { ...HELLO, link: "secret of the link" };
    for (let connection = 1; connection <= 3; connection++) {
      const { socket } = add(undefined, { ...link, connection });
      for (let i = 0; i < 20; i++) {
        const some = topics.slice(20 * i, 20 * (i + 1));
        socket.receive("__subscribe", String(i), { topics: some, since: some.map(() => since) });
      }
      await eventually(() => {
        const ends = wire(socket).filter(({ type }) => type === "__replayed");
        assertEquals(ends.length, 400);
      }, { timeoutMs: 20_000 });
      const whole = wire(socket).filter(({ type }) => type === "__replayed")
        .map(({ payload }) => (payload as { whole: boolean }).whole);
      assertEquals([connection, whole.filter((each) => !each)], [connection, []]);
      const events = wire(socket).filter(({ type }) => type === "news").map(({ payload }) => payload);
      assertEquals(events, ids);
    }
    await end();
    await lagging?.target.close();
  });
}

for (const isLate of [false, true]) {
  const source = isLate ? "an upstream that cannot count" : "a hub that counts";
  Deno.test(`a right to replay pays for maxReplay events, over all requests of a connection: ${source}`, async () => {
    const options = { maxReplay: 10, maxReplaysPerMinute: 2 };
    const lagging = isLate ? laggingTarget(() => 0, 256) : undefined;
    const { hub, add, end } = lagging === undefined
      ? openHistory(options)
      : open({ upstream: lagging.target, ...options });
    const bus = lagging?.target ?? hub;
    for (let i = 0; i < 40; i++) bus.publish({ type: "news", id: String(i >> 2), payload: i });
    const { socket } = add(undefined, HELLO);
    for (let i = 0; i < 8; i++) {
      socket.receive("__subscribe", String(i), { topics: [`news:${i}`], since: [{ from: "start" }] });
    }
    await eventually(() => {
      assertEquals(wire(socket).filter(({ type }) => type === "__replayed").length, 8);
    });
    const replayed = Array.from({ length: 8 }, (_, i) => replayIn(wire(socket), String(i)).length);
    // Two rights pay for two topics of four events each.
    assertEquals(replayed, [4, 4, 4, 4, 0, 0, 0, 0]);
    await end(socket);
    await lagging?.target.close();
  });
}

Deno.test("a hub takes a history of its own or an upstream, and its own subscriptions have no past", async () => {
  await using upstream = createInProcessEventTarget();
  const history = createMemoryHistory({ news: {} });
  assertThrows(() => open({ upstream, history }), TypeError, "Cannot use history together with upstream");
  const { hub, end } = open({ history });
  assertThrows(() => open({ history }), TypeError, "Cannot use a history on two event targets");
  assertThrows(() => createInProcessEventTarget({ history }), TypeError, "two event targets");
  const notOne = { declares: () => true } as unknown as typeof history;
  assertThrows(() => open({ history: notOne }), TypeError, "create it with createMemoryHistory()");
  const pubsub = createPubSub<{ news: number }>({ eventTarget: hub });
  assertThrows(() => pubsub.subscribe("news", { from: "start" }), TypeError, "from");
  for (const name of ["maxReplay", "maxReplaysPerMinute"]) {
    for (const value of [-1, NaN, "1"]) {
      assertThrows(() => open({ [name]: value }), RangeError, name);
    }
  }
  await pubsub.close();
  await end();
});
