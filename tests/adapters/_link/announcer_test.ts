import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Announcer } from "../../../adapters/_link/announcer.ts";
import { type Control, controlEnvelope } from "../../../adapters/_wire/frame.ts";
import { microtasks } from "../../support/clock.ts";

/** An announcer on a connection that is open, and what it sent since. */
function open() {
  const sent: Control[] = [];
  const announcer = new Announcer({ sendControl: (control) => void sent.push(control) });
  announcer.announceAll([]);
  const told = () =>
    sent.map((control) => "topics" in control ? [control.kind, ...control.topics ?? []] : [control.kind]);
  const refs = () => sent.map((control) => "ref" in control ? control.ref : "");
  return { announcer, sent, told, refs };
}

Deno.test("the changes of one turn leave as one control, in a microtask", async () => {
  const { announcer, told } = open();
  announcer.announce("subscribe", "a");
  announcer.announce("subscribe", "b:1");
  assertEquals(told(), []);
  await microtasks();
  assertEquals(told(), [["subscribe", "a", "b:1"]]);
  announcer.announce("subscribe", "c");
  await microtasks();
  assertEquals(told(), [["subscribe", "a", "b:1"], ["subscribe", "c"]]);
});

Deno.test("flush sends pending announcements at once, and the microtask does not send them again", async () => {
  const { announcer, told } = open();
  announcer.flush();
  announcer.announce("subscribe", "a");
  announcer.flush();
  assertEquals(told(), [["subscribe", "a"]]);
  announcer.announce("subscribe", "b");
  await microtasks();
  assertEquals(told(), [["subscribe", "a"], ["subscribe", "b"]]);
});

Deno.test("subscribing and unsubscribing keep their order", async () => {
  const { announcer, told, refs } = open();
  announcer.announce("subscribe", "a");
  announcer.announce("subscribe", "b");
  announcer.announce("unsubscribe", "a");
  announcer.announce("unsubscribe", "b");
  announcer.announce("subscribe", "a");
  await microtasks();
  assertEquals(told(), [["subscribe", "a", "b"], ["unsubscribe", "a", "b"], ["subscribe", "a"]]);
  assertEquals(new Set(refs()).size, 3);
});

Deno.test("an answer counts once, for its own request and topic", async () => {
  const { announcer, refs } = open();
  announcer.announce("subscribe", "a");
  announcer.announce("subscribe", "b");
  await microtasks();
  const [ref = ""] = refs();
  assertEquals(announcer.takeAnswer("another", "a"), false);
  assertEquals(announcer.takeAnswer(ref, "c"), false);
  assertEquals(announcer.takeAnswer(ref, "a"), true);
  assertEquals(announcer.takeAnswer(ref, "a"), false);
  assertEquals(announcer.takeAnswer(ref, "b"), true);
});

Deno.test("an answer does not count for a topic that was unsubscribed or requested again meanwhile", async () => {
  const { announcer, refs } = open();
  announcer.announce("subscribe", "left");
  announcer.announce("subscribe", "again");
  await microtasks();
  announcer.announce("unsubscribe", "left");
  announcer.announce("subscribe", "again");
  const [first = ""] = refs();
  assertEquals(announcer.takeAnswer(first, "left"), false, "before the unsubscribe has left");
  await microtasks();
  const last = refs().at(-1) ?? "";
  assertEquals(announcer.takeAnswer(first, "again"), false);
  assertEquals(announcer.takeAnswer(last, "again"), true);
});

Deno.test("before the connection is open no change is announced, and then everything is", async () => {
  const late: Control[] = [];
  const first: Control[] = [];
  const announcer = new Announcer({
    sendControl: (control, isFirst) => void (isFirst ? first : late).push(control),
  });
  announcer.announce("subscribe", "a");
  announcer.announce("unsubscribe", "a");
  announcer.flush();
  await microtasks();
  assertEquals([announcer.started, announcer.isWaiting, late], [false, false, []]);
  announcer.announceAll(new Set(["a", "b"]));
  await microtasks();
  assertEquals([announcer.started, late], [true, []]);
  assertEquals(first, [{ kind: "subscribe", ref: "1", topics: ["a", "b"] }]);
});

Deno.test("the announcer waits for the topics that it announced first, not for later ones", async () => {
  const announcer = new Announcer({ sendControl() {} });
  announcer.announceAll(["a", "left", "again"]);
  announcer.announce("subscribe", "b");
  announcer.announce("unsubscribe", "left");
  announcer.announce("unsubscribe", "again");
  announcer.announce("subscribe", "again");
  await microtasks();
  assertEquals(announcer.isWaiting, true);
  assertEquals(announcer.takeAnswer("1", "a"), true);
  assertEquals([announcer.isWaiting, announcer.isRequested("b")], [false, true]);
});

Deno.test("without wanted topics nothing is announced", () => {
  const { announcer, sent } = open();
  announcer.announceAll([]);
  assertEquals(sent, []);
});

Deno.test("a topic that would make a control larger than 64 KiB starts the next one", async () => {
  const { announcer, sent } = open();
  for (let i = 0; i < 200; i++) announcer.announce("subscribe", `t:${"x".repeat(1022)}`);
  await microtasks();
  // 1,027 bytes each with quotes and comma, and 256 for the rest.
  assertEquals(sent.map((control) => "topics" in control && control.topics?.length), [63, 63, 63, 11]);
});

Deno.test("topics of any size leave in order, in well-filled controls of at most 64 KiB", async () => {
  const aTopic = fc.string({ unit: "binary", maxLength: 340 });
  const bytesOf = (control: Control) =>
    new TextEncoder().encode(JSON.stringify(controlEnvelope(control))).length;
  await fc.assert(
    fc.asyncProperty(fc.array(aTopic, { minLength: 1, maxLength: 100 }), async (some) => {
      const topics = Array.from({ length: 20 }, () => some).flat();
      const { announcer, sent } = open();
      for (const topic of topics) announcer.announce("subscribe", topic);
      await microtasks();
      assertEquals(sent.flatMap((control) => "topics" in control ? control.topics : []), topics);
      for (const control of sent) assert(bytesOf(control) <= 65_536, `${bytesOf(control)} bytes`);
      // The largest topic of these, escaped, takes some 2,000 bytes.
      for (const control of sent.slice(0, -1)) assert(bytesOf(control) > 60_000, `${bytesOf(control)} bytes`);
    }),
    { numRuns: 15 },
  );
});
