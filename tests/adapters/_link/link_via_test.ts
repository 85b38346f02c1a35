import { assertEquals } from "@std/assert";
import { Link } from "../../../adapters/_link/link.ts";
import { plainJsonCodec } from "../../../adapters/_wire/plain_json_codec.ts";
import type { EventEnvelope } from "../../../core/types.ts";
import { viaIn, viaOf, withVia } from "../../../core/via.ts";
import { microtasks } from "../../support/clock.ts";
import { FakeWire } from "../../support/fake_wire.ts";

Deno.test("a link sends and notes the hubs of an event only once a hub has asked for it", async () => {
  const wire = new FakeWire();
  const link = new Link("TestLink", wire, plainJsonCodec, {});
  wire.answerHello();
  const heard: (readonly string[] | undefined)[] = [];
  link.listen("news", "1", { onEvent: (event) => void heard.push(viaOf(event)) });
  const event = (): EventEnvelope => withVia({ type: "news", id: "1", payload: null }, ["a"]);
  const arrives = { type: "news", id: "1", payload: null, via: ["b"] };
  link.publish(event());
  wire.receive(JSON.stringify(arrives));
  link.passVia({ viaIn, viaOf, withVia });
  link.publish(event());
  wire.receive(JSON.stringify(arrives));
  await microtasks();
  const sent: unknown[] = wire.frames.flatMap((frame) => JSON.parse(frame));
  const vias = sent.filter((each) => Object(each).type === "news").map((each) => viaIn(each));
  assertEquals([vias, heard], [[undefined, ["a"]], [undefined, ["b"]]]);
  wire.end({ code: 1000 });
});
