import { assertEquals } from "@std/assert";
import type { Readiness } from "../../../../core/listener_table.ts";
import { Question } from "../../../../adapters/_hub/incoming/subscribe_request.ts";
import { Upstream } from "../../../../adapters/_hub/upstream/upstream.ts";
import { ManualEventTarget } from "../../../support/manual_event_target.ts";

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

Deno.test("a topic that is let go while it is asked for leaves no listener on the upstream", async () => {
  class PromptTarget extends ManualEventTarget {
    override onFirstListener(topic: string): Readiness {
      super.onFirstListener(topic);
      return "ready";
    }
  }
  const target = new PromptTarget();
  const upstream = new Upstream(target, OWNER);
  const holder = { onAcknowledged: (topic: string) => upstream.letGo(topic, holder), onRefused() {} };
  assertEquals(upstream.hold("n", holder), true);
  assertEquals(target.told, ["want n", "unwant n"]);
  await target.close();
});
