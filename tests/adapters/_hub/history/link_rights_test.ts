import { assertEquals } from "@std/assert";
import { LinkRights } from "../../../../adapters/_hub/history/link_rights.ts";
import type { PastSource } from "../../../../adapters/_hub/history/past_source.ts";

Deno.test("a position that cannot be compared with the moment of a revocation is lost, as over Redis after an epoch has ended", () => {
  const source: PastSource = {
    declares: () => true,
    head: () => "b.2",
    // As `Lineages` answers for an epoch that it has not met.
    isAfter: (position, other) => position[0] !== other[0] || position > other,
    read: () => {
      throw new Error("nothing is read");
    },
    encode: () => undefined,
    settle: () => Promise.resolve(),
  };
  const rights = new LinkRights(source, { maxReplay: 1, maxReplaysPerMinute: 1 });
  const lost = (): string[] => ["a.9", "b.1", "b.2", "b.3"].filter((at) => rights.isLost("news:1", at));
  assertEquals(lost(), []);
  rights.revoke({ type: "news", id: "1" });
  assertEquals(lost(), ["a.9", "b.1", "b.2"]);
});
