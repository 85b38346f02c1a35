import { assertEquals } from "@std/assert";
import { ListenerList } from "../../../../core/listener_list.ts";
import type { Topic } from "../../../../core/topic.ts";
import type { EventEnvelope } from "../../../../core/types.ts";
import { Healing } from "../../../../adapters/_redis/history/healing.ts";
import { microtasks } from "../../../support/clock.ts";

/** A page after which there is nothing. */
interface Page {
  readonly events: readonly EventEnvelope[];
  readonly at: string;
  readonly whole: boolean;
  readonly done: boolean;
}

function page(events: readonly EventEnvelope[], at: string, whole: boolean): Page {
  return { events, at, whole, done: true };
}

/** A read that is not answered. */
interface Read {
  readonly topic: Topic;
  readonly answer: (page: Page) => void;
  readonly fail: (error: Error) => void;
}

/** The healing of a bare type and of one of its ids, which have all events up to a place. */
async function openHealing() {
  const bare = new ListenerList({ type: "run", id: undefined });
  const one = new ListenerList({ type: "run", id: "1" });
  const reads: Read[] = [];
  const told: string[] = [];
  const nameOf = ({ id }: ListenerList): string => id ?? "every";
  const log = {
    head: () => Promise.resolve("AAAAB.100010"),
    isAfter: (position: string, other: string) => position > other,
    kindOf: () => ({}),
    read: (topic: Topic) => new Promise<Page>((answer, fail) => reads.push({ topic, answer, fail })),
  };
  // No read compares the ids, so that each is read.
  const reader = { values: () => Promise.reject(new Error("not there")) };
  const healing: Healing = Reflect.construct(Healing, [log, reader, {
    lists: () => [bare, one],
    bareOf: () => bare,
    deliver: (list: ListenerList, _: string, { payload }: EventEnvelope) =>
      void told.push(`${nameOf(list)} ${payload}`),
    onGap: (list: ListenerList) => void told.push(`gap of ${nameOf(list)}`),
    onHealed() {},
    barrier: () => Promise.resolve(),
    report() {},
  }]);
  const lists = [bare, one];
  for (const list of lists) {
    healing.track(list);
    await healing.settle(list);
  }
  return { healing, lists, reads, told };
}

Deno.test("an id whose bare type has lost events reports its own gap, also if another loss comes before it is read", async () => {
  const { healing, lists, reads, told } = await openHealing();
  healing.onLoss(lists);
  const first = healing.heal(lists);
  await microtasks();
  // Redis has begun anew.
  reads.shift()?.answer(page([], "AAAAC.100005", false));
  await microtasks();
  assertEquals(reads.map(({ topic }) => topic.id), ["1"]);
  assertEquals(told, ["gap of every"]);

  healing.onLoss(lists);
  reads.shift()?.answer(page([], "AAAAC.100005", false));
  assertEquals(await first, undefined);
  const second = healing.heal(lists);
  await microtasks();
  const event = { type: "run", id: "1", payload: "later", at: "AAAAC.100006" };
  for (const { topic, answer } of reads.splice(0)) {
    answer(topic.id === undefined ? page([event], event.at, true) : page([], event.at, false));
  }
  assertEquals(await second, false);
  assertEquals(told, ["gap of every", "every later", "gap of 1"]);
});

Deno.test("topics continue with a gap if another loss comes after a read that failed", async () => {
  const { healing, lists, reads, told } = await openHealing();
  healing.onLoss(lists);
  const first = healing.heal(lists);
  await microtasks();
  reads.shift()?.fail(new Error("not now"));
  await microtasks();
  assertEquals(reads.map(({ topic }) => topic.id), ["1"]);
  healing.onLoss(lists);
  reads.shift()?.fail(new Error("not now"));
  assertEquals(await first, undefined);
  const second = healing.heal(lists);
  await microtasks();
  assertEquals(reads.map(({ topic }) => topic.id), ["1"]);
  reads.shift()?.answer(page([], "AAAAC.100006", false));
  assertEquals(await second, false);
  assertEquals(told, ["gap of every", "gap of every", "gap of 1"]);
  for (const list of lists) {
    const at = "AAAAC.100007";
    assertEquals(healing.takes(list, "run:1", { type: "run", id: "1", payload: "live", at }), false);
  }
});

Deno.test("a loss is reported before an event without a position is delivered, and once", async () => {
  const { healing, lists, reads, told } = await openHealing();
  healing.onLoss(lists);
  const healed = healing.heal(lists);
  await microtasks();
  for (const payload of ["a", "b"]) {
    for (const list of lists) {
      assertEquals(healing.takes(list, "run:1", { type: "run", id: "1", payload }), false);
      told.push(payload);
    }
  }
  const missed = { type: "run", id: "1", payload: "missed", at: "AAAAB.100011" };
  reads.shift()?.answer(page([missed], missed.at, true));
  await microtasks();
  for (const { answer } of reads.splice(0)) answer(page([], missed.at, true));
  assertEquals(await healed, false);
  assertEquals(told, ["gap of every", "a", "gap of 1", "a", "b", "b", "1 missed", "every missed"]);
});

Deno.test("an event of an epoch that was deleted before it was read is in the gap, and its epoch is no other history's", async () => {
  const { healing, lists: [bare], reads, told } = await openHealing();
  if (bare === undefined) throw new Error("There are two");
  const event = (at: string) => ({ type: "run", id: "1", payload: at, at });
  assertEquals(healing.takes(bare, "run:1", event("AAAAD.100001")), true);
  await microtasks();
  reads.shift()?.answer(page([], "AAAAC.100005", false));
  await microtasks();
  assertEquals(told[0], "gap of every");
  for (let answers = 0; answers < 10; answers++) {
    for (const { answer } of reads.splice(0)) answer(page([], "AAAAC.100005", true));
    await microtasks();
  }
  assertEquals(told.filter((each) => each.includes("AAAAD")), []);
  assertEquals(healing.takes(bare, "run:1", event("AAAAC.100006")), false);
});
