import { assertEquals } from "@std/assert";
import type { Readiness } from "../../../../core/listener_table.ts";
import { SubscribeRequest } from "../../../../adapters/_hub/incoming/subscribe_request.ts";
import { NamedTopic } from "../../../../adapters/_hub/named_topic.ts";
import { Upstream } from "../../../../adapters/_hub/upstream/upstream.ts";
import { ManualEventTarget } from "../../../support/manual_event_target.ts";

const HOST = { onUpstreamGap() {}, onUpstreamEnd() {}, report() {} };

Deno.test("a released request is not decided any more, whatever the upstream answers", async () => {
  const target = new ManualEventTarget();
  const upstream = new Upstream(target, HOST, () => {});
  const decided: string[] = [];
  const requests = ["1", "2"].map((ref) =>
    new SubscribeRequest(ref, ["n"], new Map(), upstream, () => {
      decided.push(ref);
      // The first answer ends the spoke, which has two open requests.
      for (const each of requests) each.release();
    })
  );
  assertEquals(requests.map((request) => request.retain()), [false, false]);
  target.acknowledge("n");
  assertEquals([decided, target.told], [["1"], ["want n", "unwant n"]]);
  await target.close();
});

Deno.test("a topic that is released while it is being retained leaves no listener on the upstream", async () => {
  class PromptTarget extends ManualEventTarget {
    override onFirstListener(topic: string): Readiness {
      super.onFirstListener(topic);
      return "ready";
    }
  }
  const target = new PromptTarget();
  const upstream = new Upstream(target, HOST, () => {});
  const topic = new NamedTopic("n");
  const holder = { onAcknowledged: () => upstream.release(topic, holder), onRefused() {} };
  assertEquals(upstream.retain(topic, holder), true);
  assertEquals(target.told, ["want n", "unwant n"]);
  await target.close();
});
