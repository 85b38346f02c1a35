/** Schedules around losses that are easy to get wrong: shared requests, restarts, stored and foreign positions. */
import { assert, assertEquals } from "@std/assert";
import { microtasks } from "../../support/clock.ts";
import { openPair, readAll } from "../../support/resume_pair.ts";

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

Deno.test("readers that share a replay lose nothing if one of them leaves and the connection is lost at any frame", async () => {
  for (let frames = 0; frames < 10; frames++) {
    const { pubsub, hub, publish, cut, deliver, rejoin, close } = await openPair();
    hub.splitsFrames = true;
    publish("1", 1, 2, 3, 4);
    const [first, second, third] = ["start", "start", "start"].map((from) =>
      pubsub.subscribe("news", "1", { from: from as "start" })
    );
    await microtasks();
    hub.connection?.readUp();
    hub.connection?.page(0, 2);
    hub.connection?.page(0, 2);
    hub.connection?.deliver(frames);
    await third?.return();
    const fourth = pubsub.subscribe("news", "1", { from: "start" });
    cut();
    publish("1", 5);
    const fifth = pubsub.subscribe("news", "1", { from: "start" });
    await rejoin();
    await deliver("1", 6);
    for (const events of [first, second, fourth, fifth]) {
      if (events === undefined) continue;
      assertEquals([frames, await readAll(events, 6), events.gaps], [frames, range(1, 6), 0]);
    }
    await close();
  }
});

Deno.test("a hub that is started again at any frame of a replay is one gap, and doubles nothing", async () => {
  for (let frames = 0; frames < 10; frames++) {
    const { pubsub, hub, publish, cut, deliver, rejoin, close } = await openPair();
    hub.splitsFrames = true;
    const log: (number | string)[] = [];
    publish("1", 1, 2, 3, 4);
    const past = pubsub.on("news", "1", ({ payload }) => void log.push(payload), {
      from: "start",
      onGap: () => void log.push("gap"),
    });
    await microtasks();
    hub.connection?.readUp();
    hub.connection?.page(0, 2);
    hub.connection?.page(0, 2);
    hub.connection?.deliver(frames);
    cut();
    hub.restart();
    publish("1", 5);
    await rejoin();
    await deliver("1", 6);
    // The first frame is the hello. Before the answer, the link stands nowhere: it begins in the new log.
    const heard = log.slice(0, log.indexOf("gap"));
    const isNew = frames < 2;
    assertEquals([frames, log], [frames, isNew ? [5, 6] : [...range(1, heard.length), "gap", 6]]);
    assert(isNew || (heard.length === 4) === (frames >= 8), `${heard} after ${frames} frames`);
    past();
    await close();
  }
});

Deno.test("two restarts while a link is away are one gap, and what follows is whole", async () => {
  const { pubsub, hub, settle, publish, cut, statuses, deliver, rejoin, close } = await openPair();
  const events = pubsub.subscribe("news");
  await settle();
  await deliver("1", 1);
  cut();
  hub.restart();
  publish("1", 2);
  hub.restart();
  await rejoin();
  publish("1", 3);
  cut();
  publish("1", 4);
  await rejoin();
  assertEquals([await readAll(events, 3), events.gaps], [[1, 3, 4], 1]);
  assertEquals(statuses.at(-1)?.recovered, true);
  await close();
});

Deno.test("a position of another hub, of the future or forged is a gap; one of this hub is whole after a reload", async () => {
  const other = await openPair();
  other.publish("1", 1, 2);
  const elsewhere = other.hub.history.head({ type: "news", id: "1" });
  const { pubsub, hub, settle, publish, deliver, ...opened } = await openPair();
  publish("1", 1, 2);
  const own = hub.history.head({ type: "news", id: "1" });
  publish("1", 3);
  const forged = [
    elsewhere,
    `${own.slice(0, -1)}z`,
    `!${own.slice(1)}`,
    own.slice(0, -1),
    `${own}0`,
    own.slice(1),
    ".",
    "x".repeat(64),
    "x".repeat(65),
    "",
  ];
  const all = forged.map((from) => pubsub.subscribe("news", "1", { from }));
  const whole = pubsub.subscribe("news", "1", { from: own });
  await settle();
  await deliver("1", 4);
  for (const [i, events] of all.entries()) {
    assertEquals([forged[i], await readAll(events, 1), events.gaps], [forged[i], [4], 1]);
  }
  assertEquals([await readAll(whole, 2), whole.gaps], [[3, 4], 0]);
  await opened.close();
  await other.close();
});

Deno.test("the position of a reader during a replay begins after the last event that was read", async () => {
  for (let read = 0; read <= 6; read++) {
    const { pubsub, settle, publish, hub, cut, deliver, rejoin, close } = await openPair();
    publish("1", 1, 2, 3);
    const first = pubsub.subscribe("news", "1", { from: "start" });
    await settle();
    await deliver("1", 4, 5, 6);
    await readAll(first, read);
    const stored = first.position;
    cut();
    publish("1", 7);
    const again = pubsub.subscribe("news", "1", { from: stored });
    await rejoin();
    assertEquals([read, await readAll(again, 7 - read), again.gaps], [read, range(read + 1, 7), 0]);
    assertEquals(again.position, hub.history.head({ type: "news", id: "1" }));
    await close();
  }
});

Deno.test("what is forgotten between two pages and two losses is one gap, before what follows it", async () => {
  const { pubsub, hub, settle, publish, cut, connect, deliver, rejoin, close } = await openPair();
  const events = pubsub.subscribe("news", "1");
  await settle();
  await deliver("1", 1);
  cut();
  publish("1", 2, 3, 4, 5);
  await connect();
  hub.connection?.readUp();
  hub.connection?.page(0, 2);
  hub.connection?.deliver();
  hub.history.forget("news", "1");
  cut();
  publish("1", 6);
  await rejoin();
  await deliver("1", 7);
  assertEquals([await readAll(events, 4), events.gaps], [[1, 2, 3, 7], 1]);
  await close();
});

Deno.test("an id that is forgotten is no gap for a reader that has heard all of it, nor for those of other ids", async () => {
  const { pubsub, hub, settle, publish, cut, deliver, rejoin, close } = await openPair();
  const [one, two] = [pubsub.subscribe("news", "1"), pubsub.subscribe("news", "2")];
  await settle();
  publish("1", 1);
  await deliver("2", 2);
  cut();
  publish("2", 3);
  hub.history.forget("news", "1");
  await rejoin();
  await deliver("1", 4);
  assertEquals([await readAll(one, 2), await readAll(two, 2)], [[1, 4], [2, 3]]);
  assertEquals([one.gaps, two.gaps], [0, 0]);
  await close();
});

Deno.test("a subscription that ends in the turn of a loss leaves nothing behind, and one that begins then is whole", async () => {
  const { pubsub, hub, settle, publish, cut, deliver, rejoin, close } = await openPair();
  const first = pubsub.subscribe("news", "1", { from: "start" });
  await settle();
  await deliver("1", 1);
  cut();
  const second = pubsub.subscribe("news", "1", { from: { last: 5 } });
  await first.return();
  publish("1", 2);
  await rejoin();
  assertEquals([await readAll(second, 2), second.gaps], [[1, 2], 0]);
  await second.return();
  await settle();
  assertEquals([hub.connection?.topics, hub.connection?.replays.length], [[], 0]);
  await close();
});
