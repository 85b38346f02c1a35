/** What a link with `resume` does on every transport, against a real hub with a history. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  createPubSub,
  type EventEnvelope,
  type EventTargetOptions,
  type EventTargetStatus,
  type PubSub,
  type PubSubEventTarget,
  RefusedError,
} from "@alkdev/pubsub";
import {
  createMemoryHistory,
  createResume,
  GapError,
  type MemoryHistory,
  NoHistoryError,
  type Resume,
} from "@alkdev/pubsub/history";
import { eventually } from "./eventually.ts";

export type Events = { news: number; state: number; plain: number };

/** What the links of a test can be given. */
export interface ResumeLinkOptions extends EventTargetOptions {
  readonly resume?: Resume;
}

/** A hub with a history, and a line to it that can be cut. */
export interface ResumeRig extends AsyncDisposable {
  readonly hub: PubSubEventTarget;
  /** Opens a link that opens its own connections over the line. */
  openLink(options: ResumeLinkOptions): PubSubEventTarget;
  /** Ends all connections. Links cannot open others until {@linkcode ResumeRig.join}. */
  cut(): Promise<void> | void;
  join(): Promise<void> | void;
}

/** Opens a rig whose hub has a history, and refuses the topics of an id. */
export type OpenRig = (history: MemoryHistory<EventEnvelope> | undefined) => Promise<ResumeRig> | ResumeRig;

/** A link of a rig, and what it reported. */
interface Opened extends AsyncDisposable {
  readonly link: PubSubEventTarget;
  readonly pubsub: PubSub<Events>;
  /** The reported states, with what `open` says of a loss. */
  states(): string[];
  readonly faults: string[];
}

function openLink(rig: ResumeRig, resume: Resume = createResume()): Opened {
  const statuses: EventTargetStatus[] = [];
  const faults: string[] = [];
  const link = rig.openLink({
    resume,
    onStatus: (status) => void statuses.push(status),
    onError: (error, { stage }) => void (stage !== "connect" && faults.push(`${stage} ${error.name}`)),
  });
  const states = statuses.map.bind(
    statuses,
    ({ state, gap, recovered }: EventTargetStatus) =>
      gap ? `${state}, gap` : recovered ? `${state}, recovered` : state,
  ) as () => string[];
  return {
    link,
    pubsub: createPubSub<Events>({ eventTarget: link }),
    states: () =>
      states().filter((state, i, all) =>
        state !== "connecting" && (state !== "reconnecting" || all[i - 1] !== state)
      ),
    faults,
    [Symbol.asyncDispose]: () => link.close(),
  };
}

/** Reads so many events. */
async function read(events: AsyncIterator<{ payload: unknown }>, count: number): Promise<unknown[]> {
  const payloads: unknown[] = [];
  for (let i = 0; i < count; i++) payloads.push((await events.next()).value?.payload);
  return payloads;
}

const until = (state: string, opened: Opened): Promise<unknown> =>
  eventually(() => opened.states().at(-1) === state, { timeoutMs: 20_000 });

/** Runs the tests of a transport. */
export function testResume(name: string, open: OpenRig): void {
  const openRig = async (perId = Infinity) => {
    const history = createMemoryHistory({ news: { perId }, state: { perId: 1 } });
    const rig = await open(history);
    const publish = (type: "news" | "state" | "plain", id: string, ...payloads: number[]): void => {
      for (const payload of payloads) rig.hub.publish({ type, id, payload });
    };
    return { history, rig, publish, [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose]() };
  };

  Deno.test(`${name}: a subscription of a link begins where it asks, then is live`, async () => {
    await using opened = await openRig();
    const { rig, publish } = opened;
    await using link = openLink(rig);
    const { pubsub } = link;
    publish("news", "1", 1, 2, 3);
    publish("news", "2", 4);
    publish("state", "1", 1, 2);
    const all = pubsub.subscribe("news", { from: "start" });
    const one = pubsub.subscribe("news", "1", { from: { last: 2 } });
    const latest = pubsub.subscribe("news", { from: "latest" });
    const states = pubsub.subscribe("state", { from: "latest" });
    const live = pubsub.subscribe("news", "1");
    const called: number[] = [];
    const stop = pubsub.on("news", "2", ({ payload }) => void called.push(payload), { from: "start" });
    assertEquals(await read(all, 4), [1, 2, 3, 4]);
    assertEquals(await read(one, 2), [2, 3]);
    assertEquals(await read(latest, 2), [3, 4]);
    assertEquals(await read(states, 1), [2]);
    assertEquals(await stop.replayed, { whole: true });
    await live.ready;
    for (const subscription of [all, one, latest, states, live]) {
      assertEquals([await subscription.replayed, subscription.gaps], [{ whole: true }, 0]);
    }
    publish("news", "1", 5);
    publish("news", "2", 6);
    publish("state", "1", 7);
    assertEquals(await read(all, 2), [5, 6]);
    assertEquals(await read(one, 1), [5]);
    assertEquals(await read(live, 1), [5]);
    assertEquals(await read(latest, 2), [5, 6]);
    assertEquals(await read(states, 1), [7]);
    await eventually(() => called.length === 2);
    assertEquals([called, stop.gaps, link.faults], [[4, 6], 0, []]);
    // From the position of an event, another link continues.
    await using second = openLink(rig, createResume());
    const again = second.pubsub.subscribe("news", { from: one.position });
    assertEquals(await read(again, 1), [6]);
    assert(all.position !== undefined && again.position !== undefined);
  });

  Deno.test(`${name}: after each loss a link hears what it missed, and one status says so`, async () => {
    await using opened = await openRig();
    const { rig, publish } = opened;
    await using link = openLink(rig);
    const { pubsub } = link;
    const idle = pubsub.subscribe("news", "idle");
    const all = pubsub.subscribe("news");
    const states = pubsub.subscribe("state", { from: "latest" });
    const called: number[] = [];
    const stop = pubsub.on("news", "1", ({ payload }) => void called.push(payload));
    await Promise.all([idle.ready, all.ready, states.ready, stop.replayed]);
    const told = ["open"];
    for (let loss = 0; loss < 3; loss++) {
      await rig.cut();
      await eventually(() => link.link.status.state === "reconnecting");
      // Nothing is published during the second loss.
      if (loss !== 1) publish("news", "1", 10 * loss + 1, 10 * loss + 2);
      if (loss !== 1) publish("state", "1", loss, loss + 1);
      await rig.join();
      await until("open, recovered", link);
      told.push("reconnecting", "open", "open, recovered");
      assertEquals(link.states(), told);
    }
    publish("news", "idle", 30);
    assertEquals(await read(all, 5), [1, 2, 21, 22, 30]);
    assertEquals(await read(idle, 1), [30]);
    assertEquals(await read(states, 2), [1, 3]);
    assertEquals([called, all.gaps, states.gaps, idle.gaps, stop.gaps], [[1, 2, 21, 22], 0, 0, 0, 0]);
    assertEquals(link.faults, []);
  });

  Deno.test(`${name}: what is lost is reported before what comes after it`, async () => {
    await using opened = await openRig(2);
    const { rig, publish, history } = opened;
    await using link = openLink(rig);
    const { pubsub } = link;
    const called: (number | string)[] = [];
    const onGap = () => void called.push("gap");
    const stop = pubsub.on("news", ({ payload }) => void called.push(payload), { onGap });
    const strict = pubsub.subscribe("news", { onGap: "error" });
    const latest = pubsub.subscribe("news", { from: "latest" });
    const other = pubsub.subscribe("news", "2");
    await Promise.all([stop.replayed, strict.ready, latest.ready, other.ready]);
    publish("news", "1", 1);
    assertEquals(await read(strict, 1), [1]);
    await rig.cut();
    await eventually(() => link.link.status.state === "reconnecting");
    publish("news", "1", 2, 3, 4);
    publish("news", "2", 5);
    await rig.join();
    await until("open, gap", link);
    publish("news", "1", 6);
    await assertRejects(() => strict.next(), GapError);
    assertEquals([(await strict.next()).done, strict.gaps], [true, 1]);
    assertEquals(await read(other, 1), [5]);
    // Superseded events are not missing.
    assertEquals(await read(latest, 4), [1, 4, 5, 6]);
    assertEquals([called, stop.gaps, latest.gaps, other.gaps], [[1, "gap", 6], 1, 0, 0]);
    assertEquals(link.states(), ["open", "reconnecting", "open", "open, gap"]);
    const late = pubsub.subscribe("news", "1", { from: "start" });
    assertEquals(await read(late, 2), [4, 6]);
    assertEquals([late.gaps, await late.replayed], [1, { whole: false }]);
    history.forget("news");
    const gone = pubsub.subscribe("news", { from: "latest", onGap: "error" });
    await assertRejects(() => gone.next(), GapError);
  });

  Deno.test(`${name}: a topic without a history has a gap after a loss, and from ends it with an error`, async () => {
    await using opened = await openRig();
    const { rig, publish } = opened;
    await using link = openLink(rig);
    const { pubsub } = link;
    const asked = pubsub.subscribe("plain", { from: "start" });
    const error = await assertRejects(() => asked.next(), NoHistoryError);
    assertEquals(error.topic, "plain");
    await assertRejects(() => asked.ready, NoHistoryError);
    const plain = pubsub.subscribe("plain", "1");
    const news = pubsub.subscribe("news");
    await Promise.all([plain.ready, news.ready]);
    assertEquals([plain.position, await plain.replayed], [undefined, { whole: true }]);
    await rig.cut();
    await eventually(() => link.link.status.state === "reconnecting");
    publish("plain", "1", 1);
    publish("news", "1", 2);
    await rig.join();
    await until("open, gap", link);
    publish("plain", "1", 3);
    assertEquals([await read(plain, 1), await read(news, 1)], [[3], [2]]);
    assertEquals([plain.gaps, news.gaps], [1, 0]);
    assertThrows(() => pubsub.subscribeAll({ from: "start" }), TypeError, "all events");
    const bare = createPubSub({ eventTarget: rig.openLink({ onError() {} }) });
    assertThrows(() => bare.subscribe("news", { from: "start" }), TypeError, "resume");
    await (bare.eventTarget as PubSubEventTarget).close();
  });

  Deno.test(`${name}: a listener of the event target stays live, and has a gap after a loss`, async () => {
    await using opened = await openRig();
    const { rig, publish } = opened;
    await using link = openLink(rig);
    const log: unknown[] = [];
    link.link.listen("news", "1", {
      onEvent: ({ payload }) => void log.push(payload),
      onReady: () => void log.push("ready"),
      onGap: () => void log.push("gap"),
    });
    const news = link.pubsub.subscribe("news", "1");
    await news.ready;
    await rig.cut();
    await eventually(() => link.link.status.state === "reconnecting");
    publish("news", "1", 1);
    await rig.join();
    await until("open, gap", link);
    publish("news", "1", 2);
    assertEquals(await read(news, 2), [1, 2]);
    assertEquals([log, news.gaps], [["ready", "gap", 2], 0]);
  });

  Deno.test(`${name}: a refusal ends all subscriptions of its topic`, async () => {
    await using opened = await openRig();
    await using link = openLink(opened.rig);
    const { pubsub } = link;
    const all = [
      pubsub.subscribe("news", "secret", { from: "start" }),
      pubsub.subscribe("news", "secret", { from: "latest" }),
      pubsub.subscribe("news", "secret"),
    ];
    for (const subscription of all) await assertRejects(() => subscription.next(), RefusedError);
    const allowed = pubsub.subscribe("news", "1", { from: "start" });
    await allowed.replayed;
    assertEquals((await Promise.all(all.map((one) => one.next()))).map(({ done }) => done), [
      true,
      true,
      true,
    ]);
  });

  Deno.test(`${name}: replayed events do not count for the capacity, and a link can close during a replay`, async () => {
    await using opened = await openRig();
    const { rig, publish } = opened;
    const payloads = Array.from({ length: 3000 }, (_, i) => i);
    publish("news", "1", ...payloads);
    await using link = openLink(rig);
    const { pubsub } = link;
    const news = pubsub.subscribe("news", { from: "start", capacity: 2 });
    assertEquals(await news.replayed, { whole: true });
    publish("news", "1", 3000, 3001);
    assertEquals(await read(news, 3002), [...payloads, 3000, 3001]);
    assertEquals(news.dropped, 0);
    const other = pubsub.subscribe("news", { from: "start" });
    assertEquals((await other.next()).value?.payload, 0);
    const returned = pubsub.subscribe("news", { from: "start" });
    await returned.next();
    await returned.return();
    assertEquals((await returned.next()).done, true);
    await link.link.close();
    const rest: unknown[] = [];
    for await (const { payload } of other) rest.push(payload);
    assertEquals(rest, rest.map((_, i) => i + 1));
    assertEquals(link.faults, []);
  });
}
