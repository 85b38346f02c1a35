import { assert } from "@std/assert";
import {
  createInProcessEventTarget,
  type EventEnvelope,
  type HistoryFrom,
  type MemoryHistory,
} from "@alkdev/pubsub";
import { createMemoryHistory } from "@alkdev/pubsub/history";

function historyOf(events: number): MemoryHistory<EventEnvelope> {
  const history = createMemoryHistory({ log: {} });
  const target = createInProcessEventTarget({ history });
  for (let i = 0; i < events; i++) target.publish({ type: "log", id: "1", payload: i });
  return history;
}

/** The shortest of some times that twenty reads take which only ask what there is, in milliseconds. */
function timeOf(history: MemoryHistory<EventEnvelope>, id: string | undefined, from: HistoryFrom): number {
  const times = Array.from({ length: 5 }, () => {
    const begun = performance.now();
    for (let i = 0; i < 20; i++) {
      history.read({ type: "log", id }, from, { maxEvents: 0, maxBytes: 0, maxReplay: 100 });
    }
    return performance.now() - begun;
  });
  return Math.min(...times);
}

Deno.test("to find where a replay begins takes no more steps than it has events, however many are kept", () => {
  const [small, large] = [historyOf(500), historyOf(200_000)];
  const froms: HistoryFrom[] = ["start", "latest", { last: 1 }, { last: 1e6 }, "foreign", {
    latest: "foreign",
  }];
  for (const from of [...froms, large.head({ type: "log", id: "1" })]) {
    for (const id of ["1", undefined]) {
      const [few, many] = [timeOf(small, id, from), timeOf(large, id, from)];
      // A walk over all of them takes 400 times as long.
      assert(many < 40 * few + 1, `${JSON.stringify(from)} of ${id}: ${few} and ${many} ms`);
    }
  }
});
