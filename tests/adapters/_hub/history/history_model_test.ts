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

import { checkPlans } from "../../../support/history_model/check.ts";

const PLANS = Number(Deno.env.get("HISTORY_MODEL_SEEDS") ?? 300);

Deno.test("each subscription of a link hears its topic whole, or is told a gap, over real sockets", async () => {
  await checkPlans({ seed: 1, plans: PLANS, atOnce: 3 });
});
