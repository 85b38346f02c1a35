import { assertEquals, assertRejects } from "@std/assert";
import { createPubSub, RefusedError } from "@alkdev/pubsub";
import { createResume } from "@alkdev/pubsub/history";
import { microtasks } from "../../support/clock.ts";
import type { SentEnvelope } from "../../support/fake_wire.ts";
import { openReconnecting } from "../../support/reconnecting_link.ts";

type Events = { news: number };

const TOPIC = "news:1";
const REVOKED: SentEnvelope = {
  type: "__revoked",
  id: "",
  payload: { refused: [{ topic: TOPIC, reason: "no" }] },
};

function subscribed(ref: string, at: string): SentEnvelope {
  return {
    type: "__subscribed",
    id: ref,
    payload: { topics: [TOPIC], refused: [], history: [{ at, whole: true }] },
  };
}

function replayed(ref: string, at: string): SentEnvelope {
  return { type: "__replayed", id: ref, payload: { topic: TOPIC, at, whole: true } };
}

function event(payload: number, id = "1"): SentEnvelope & { at: string } {
  return { type: "news", id, payload, at: `a.${payload}` };
}

async function openLink() {
  const opened = openReconnecting({ resume: createResume() });
  const wire = await opened.open();
  const asked = (): string[] =>
    wire.envelopes.flatMap(({ type, id }) => type.endsWith("subscribe") ? `${type} ${id}` : []);
  const lastRef = (): string => wire.envelopes.findLast(({ type }) => type === "__subscribe")?.id ?? "";
  return { ...opened, wire, asked, lastRef, pubsub: createPubSub<Events>({ eventTarget: opened.link }) };
}

for (const isSent of [true, false]) {
  const crossed = isSent ? "a request that is on its way" : "a request that has not left yet";
  Deno.test(`a revocation that crosses ${crossed} ends what was acknowledged, and what waits hears its answer`, async () => {
    const { wire, pubsub, asked, lastRef, ...opened } = await openLink();
    const ended: string[] = [];
    const heard: [who: string, payload: number][] = [];
    const onEnd = (who: string) => (error: Error | undefined): void =>
      void ended.push(`${who}: ${error?.name}`);
    const on = (who: string, from: "now" | "start") =>
      pubsub.on("news", "1", ({ payload }) => void heard.push([who, payload]), { from, onEnd: onEnd(who) });
    on("live", "now");
    const live = pubsub.subscribe("news", "1");
    const replaying = on("replaying", "start");
    opened.listen(TOPIC, { onEnd: onEnd("plain") });
    const other = pubsub.subscribe("news", "2");
    await microtasks();
    wire.receiveEnvelopes(subscribed("1", "a.0"), subscribed("2", "a.0"), event(1));
    const waiting = on("waiting", "start");
    if (isSent) await microtasks();
    wire.receiveEnvelopes(REVOKED);
    await assertRejects(async () => {
      for (let i = 0; i < 2; i++) await live.next();
    }, RefusedError);
    assertEquals(ended.toSorted(), [
      "live: RefusedError",
      "plain: RefusedError",
      "replaying: RefusedError",
    ]);
    assertEquals(await replaying.replayed, { whole: false });
    await microtasks();
    const ref = lastRef();
    const run = { type: "__replay", id: ref, payload: { topic: TOPIC, count: 3 } };
    wire.receiveEnvelopes(
      subscribed(ref, "a.0"),
      run,
      event(1),
      event(2),
      event(3),
      replayed(ref, "a.3"),
      event(4),
      event(5, "2"),
    );
    assertEquals(heard, [["live", 1], ["waiting", 1], ["waiting", 2], ["waiting", 3], ["waiting", 4]]);
    assertEquals([waiting.gaps, await waiting.replayed, ended.length], [0, { whole: true }, 3]);
    assertEquals((await other.next()).value?.payload, 5);
    // The topic is subscribed still: the last one ends it.
    waiting();
    await microtasks();
    assertEquals(asked().filter((each) => each.startsWith("__unsubscribe")).length, 2);
    await opened.close();
  });
}

Deno.test("a subscription that begins again when it is revoked asks again, beside one that waits", async () => {
  const { wire, pubsub, asked, ...opened } = await openLink();
  const heard: number[] = [];
  const begin = (): void =>
    void pubsub.on("news", "1", ({ payload }) => void heard.push(payload), { onEnd: begin });
  begin();
  await microtasks();
  wire.receiveEnvelopes(subscribed("1", "a.0"), event(1));
  const past = pubsub.subscribe("news", "1", { from: "start" });
  await microtasks();
  wire.receiveEnvelopes(REVOKED);
  await microtasks();
  assertEquals(asked(), ["__subscribe 1", "__subscribe 2", "__subscribe 3"]);
  wire.receiveEnvelopes(subscribed("2", "a.0"), replayed("2", "a.1"), subscribed("3", "a.1"), event(2));
  assertEquals(heard, [1, 2]);
  assertEquals((await past.next()).value?.payload, 2);
  await opened.close();
});

Deno.test("a refusal after a revocation ends what waited, too", async () => {
  const { wire, pubsub, ...opened } = await openLink();
  const live = pubsub.subscribe("news", "1");
  await microtasks();
  wire.receiveEnvelopes(subscribed("1", "a.0"));
  const past = pubsub.subscribe("news", "1", { from: "start" });
  await microtasks();
  const refused = [{ topic: TOPIC, reason: "no" }];
  wire.receiveEnvelopes(REVOKED, { type: "__subscribed", id: "2", payload: { topics: [], refused } });
  for (const one of [live, past]) await assertRejects(() => one.next(), RefusedError);
  await opened.close();
});

Deno.test("each of several revocations that cross requests ends what was acknowledged before", async () => {
  const { wire, pubsub, lastRef, ...opened } = await openLink();
  const ended: string[] = [];
  const on = (who: string, from: "now" | "start") =>
    pubsub.on("news", "1", () => {}, { from, onEnd: (error) => void ended.push(`${who}: ${error?.name}`) });
  on("first", "start");
  await microtasks();
  wire.receiveEnvelopes(subscribed("1", "a.0"));
  for (const [i, who] of ["second", "third", "fourth"].entries()) {
    // Beside one that replays, it asks where it begins; beside a live one it would be live at once.
    on(who, i === 1 ? "start" : "now");
    await microtasks();
    const ref = lastRef();
    let isReady = false;
    wire.receiveEnvelopes(REVOKED);
    opened.listen(TOPIC, { onReady: () => isReady = true });
    assertEquals([ended.length, isReady], [i + 1, false]);
    wire.receiveEnvelopes(subscribed(ref, "a.0"));
    assertEquals(isReady, true);
  }
  wire.receiveEnvelopes(REVOKED);
  assertEquals(ended, ["first", "second", "third", "fourth"].map((who) => `${who}: RefusedError`));
  await opened.close();
});

Deno.test("subscriptions that begin again when they are refused ask anew, and stand where that is answered", async () => {
  for (const isLive of [false, true]) {
    const { wire, pubsub, asked, ...opened } = await openLink();
    const ready: (string | undefined)[] = [];
    const begin = (onEnd: () => void): void => {
      const stop = pubsub.on("news", "1", () => {}, { onEnd, onReady: () => void ready.push(stop.position) });
    };
    for (let i = 0; i < 3; i++) begin(() => begin(() => {}));
    await microtasks();
    const refused = [{ topic: TOPIC, reason: "no" }];
    if (isLive) wire.receiveEnvelopes(subscribed("1", "a.0"), event(1), REVOKED);
    else wire.receiveEnvelopes({ type: "__subscribed", id: "1", payload: { topics: [], refused } });
    await microtasks();
    ready.length = 0;
    assertEquals(asked(), ["__subscribe 1", "__subscribe 2"]);
    wire.receiveEnvelopes(subscribed("2", "a.5"));
    await microtasks();
    assertEquals([isLive, ready], [isLive, ["a.5", "a.5", "a.5"]]);
    await opened.close();
  }
});

for (const order of ["before", "after"] as const) {
  Deno.test(`a topic that the hub grants ${order} it refuses an earlier request for it is given back`, async () => {
    const { wire, pubsub, asked, ...opened } = await openLink();
    const first = pubsub.subscribe("news", "1");
    await microtasks();
    const last = pubsub.subscribe("news", "1", { from: "start" });
    await microtasks();
    const refused: SentEnvelope = {
      type: "__subscribed",
      id: "1",
      payload: { topics: [], refused: [{ topic: TOPIC, reason: "no" }] },
    };
    const granted = subscribed("2", "a.0");
    wire.receiveEnvelopes(...order === "before" ? [granted, refused] : [refused, granted]);
    for (const each of [first, last]) await assertRejects(() => each.next(), RefusedError);
    assertEquals(asked(), ["__subscribe 1", "__subscribe 2", "__unsubscribe 3"]);
    const again = pubsub.subscribe("news", "1");
    await microtasks();
    assertEquals(asked().at(-1), "__subscribe 4");
    wire.receiveEnvelopes(subscribed("4", "a.0"), event(1));
    assertEquals((await again.next()).value?.payload, 1);
    await opened.close();
  });
}
