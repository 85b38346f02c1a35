import { assertEquals } from "@std/assert";
import { Question } from "../../../adapters/_shared/question.ts";
import { Upstream } from "../../../adapters/_shared/upstream.ts";
import { ManualEventTarget } from "../../core/_manual_event_target.ts";

const OWNER = { onUpstreamEvent() {}, onUpstreamGap() {}, onUpstreamEnd() {}, report() {} };

Deno.test("a question that has let go is not decided any more, whatever the upstream goes on to say", async () => {
  const target = new ManualEventTarget();
  const upstream = new Upstream(target, OWNER);
  const decided: string[] = [];
  const questions = ["1", "2"].map((ref) =>
    new Question({}, ref, ["n"], new Map(), upstream, () => {
      decided.push(ref);
      // The first answer is the end of the spoke, which has asked twice.
      for (const each of questions) each.letGo();
    })
  );
  assertEquals(questions.map((question) => question.hold()), [false, false]);
  target.acknowledge("n");
  assertEquals([decided, target.told], [["1"], ["want n", "unwant n"]]);
  await target.close();
});
