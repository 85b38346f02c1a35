// This test was tried on thirty changes of the code, one at a time. Each of them fails:
//
// - the hub: fan-out before the log; a last page too early; a page that is not whole as one that is; a gap in the middle that is
//   not told; a beginning that is always whole; positions after a revocation that are never lost, or always; "live" of authorize
//   ignored; the `since` of the next topic; `>` for `>=` at the floor, and a floor one too low; a replay after a position that is
//   not whole; a head one too far; the position of the next event; an end one too far; only the first replay of a request; no
//   place for topics that did not ask; no page after the socket was full
// - the log: no floor of a type, of an id, of latest events; superseded events that are not missing; { last } one too few, of a
//   type and of an id; a position of the future that is whole; positions of any epoch
// - the link: live events during a replay; a resumption from where it began; positions of ids, or of bare types, that are not noted

import { assertEquals } from "@std/assert";
import { checkPlans } from "../../../support/history_model/check.ts";
import type { Plan, PlannedFrom, Step } from "../../../support/history_model/plan.ts";
import { HistoryModel } from "../../../support/history_model/run.ts";

const PLANS = Number(Deno.env.get("HISTORY_MODEL_SEEDS") ?? 300);

Deno.test("each subscription of a link hears its topic whole, or gets a gap, over real sockets", async () => {
  await checkPlans({ seed: 1, plans: PLANS, atOnce: 3 });
});

for (const isRestarted of [false, true]) {
  const hub = isRestarted ? "a hub that was started again" : "the hub that revoked it";
  Deno.test(`a position from before a revocation brings nothing of that time, asked of ${hub}`, async () => {
    const topic = { type: "b", id: "2" };
    const news: Step = { kind: "publish", ...topic, count: 2, isBig: false };
    const wait: Step = { kind: "wait", ms: 8 };
    const ask = (from: PlannedFrom): Step => ({ kind: "subscribe", link: 1, topic, from, reads: "callback" });
    const revoke: Step = { kind: "revoke", link: 1, topic };
    const restart: Step[] = isRestarted ? [{ kind: "restart" }] : [];
    // Both begin behind the first event.
    const asked = [ask({ latestBehind: 0 }), ask({ behind: 0 })];
    const steps = [news, wait, revoke, ...restart, news, wait, ...asked, wait];
    const plan: Plan = { perId: Infinity, perType: Infinity, isWhole: false, steps };
    await using model = await HistoryModel.open();
    assertEquals(await model.run(plan), []);
  });
}

Deno.test("a replay that is overtaken tells the gap right before the events that follow it", async () => {
  const publish = (id: string, count: number, isBig: boolean): Step => {
    return { kind: "publish", type: "a", id, count, isBig };
  };
  const ask = (from: PlannedFrom): Step => {
    return { kind: "subscribe", link: 1, topic: { type: "a", id: undefined }, from, reads: "callback" };
  };
  // The hub replays two large events, and forgets the fourth before it reads on.
  const steps: Step[] = [
    publish("1", 3, true),
    { kind: "publish when asked", type: "a", id: "3", microtasks: 3 },
    ask({ last: 2 }),
    ask("start"),
    publish("3", 1, true),
    publish("1", 1, true),
    { kind: "wait", ms: 3 },
  ];
  await using model = await HistoryModel.open();
  assertEquals(await model.run({ perId: 4, perType: Infinity, isWhole: false, steps }), []);
});
