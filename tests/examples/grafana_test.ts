import { assert, assertEquals } from "@std/assert";
import { createWebSocketServerEventTarget, prometheusText } from "@alkdev/pubsub";
import board from "../../examples/grafana/hubs.json" with { type: "json" };
import { FakeSocket } from "../support/fake_socket.ts";
import { boardQueries } from "../support/grafana_board.ts";
import { parseMetrics } from "../support/prometheus_parser.ts";

/** What Prometheus adds to each sample. */
const SCRAPED = ["job", "instance"];

/** The names of the samples of a hub to which everything has happened that the board shows, with their labels. */
function namesOfHub(): Map<string, ReadonlySet<string>> {
  const hub = createWebSocketServerEventTarget<never, FakeSocket>({ onError() {} });
  const socket = new FakeSocket();
  hub.addConnection(socket);
  socket.receive("__subscribe", "1", { topics: ["a"] });
  socket.receive("a", "1", 1);
  hub.publish({ type: "a", id: "1", payload: () => {} });
  hub.publish({ type: "a", id: "1", payload: null });
  socket.fire("close", { code: 1001 });
  const names = new Map<string, ReadonlySet<string>>();
  for (const { samples } of parseMetrics(prometheusText(hub.stats()), false)) {
    for (const { name, labels } of samples) names.set(name, new Set(Object.keys(labels)));
  }
  return names;
}

Deno.test("each query of the Grafana board names metrics that prometheusText prints, and labels that they have", () => {
  const names = namesOfHub();
  const queried = new Set<string>();
  for (const { title, query, legend } of boardQueries(board)) {
    const used = query.match(/\bpubsub_\w+/g) ?? [];
    assert(used.length > 0, `${title}: ${query}`);
    const labels = new Set(SCRAPED);
    for (const name of used) {
      queried.add(name);
      assert(names.has(name), `${title}: there is no metric ${name}`);
      for (const label of names.get(name) ?? []) labels.add(label);
    }
    const needed = [
      ...[...query.matchAll(/by \((\w+)\)/g)].map(([, label = ""]) => label),
      ...[...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = ""]) => label),
    ];
    for (const label of needed) assert(labels.has(label), `${title}: ${query} has no label ${label}`);
    for (const name of used.filter((name) => name.endsWith("_total"))) {
      assert(query.includes(`rate(${name}{`) || query.includes(`increase(${name}{`), `${title}: ${query}`);
    }
  }
  // Numbers of the hub's own listeners are of little use on a board.
  const unused = [...names.keys()].filter((name) =>
    !queried.has(name) && !name.startsWith("pubsub_listeners")
  );
  assertEquals(unused, ["pubsub_subscribers_waiting"]);
});

Deno.test("the panels of the Grafana board do not overlap, and each has an id of its own", () => {
  const { panels } = board;
  assertEquals(new Set(panels.map(({ id }) => id)).size, panels.length);
  for (const [i, { gridPos: a, title }] of panels.entries()) {
    assert(a.x + a.w <= 24, title);
    for (const { gridPos: b, title: other } of panels.slice(i + 1)) {
      const apart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
      assert(apart, `${title} and ${other}`);
    }
  }
});
