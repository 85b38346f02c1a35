import { drawLines, drawRatios, type LinePlot, type RatioPlot, type Series } from "./draw.ts";
import { BURST, TOPIC_COUNTS } from "../_load.ts";
import type { MissingRows, Round } from "./report.ts";
import { LOADS, PACED, QUANTILES } from "../hub_paced.ts";
import { GROUPS, HUB_TOPICS, LISTENERS, MIN_OF_MEMORY, SPOKES, TOPICS } from "../_growth.ts";
import { COUNTS as CLIENTS, NAMES } from "../hub_scale.ts";

/** A plot of rows. */
export type Plot = LinePlot | RatioPlot;

/** Draws a plot. */
export function plotSvg(
  plot: Plot,
  rounds: readonly Round[],
  missing: readonly MissingRows[],
): Promise<string> {
  if ("series" in plot) return drawLines(plot, rounds);
  const gone = missing.flatMap(({ rows }) => rows);
  const panels = plot.panels.map((panel) => {
    return { ...panel, rows: panel.rows.filter((row) => !gone.includes(row)) };
  });
  return drawRatios({ ...plot, panels }, rounds);
}

/** With fewer clients, the memory of the hub itself exceeds that of its clients. */
const MIN_CLIENTS_OF_MEMORY = 100;

const byClients = (
  group: (count: number) => string,
  counts: readonly number[] = CLIENTS,
): readonly Series[] =>
  NAMES.map((name) => ({ name, points: counts.map((count) => [count, group(count), name] as const) }));

/** The panels of the plots of growth: what grows in number. */
const GROWING = {
  topics: "topics with a listener each",
  listeners: "listeners of one topic",
  spokes: `spokes of a hub, ${HUB_TOPICS.toLocaleString("en-US")} topics`,
} as const;

const isCounted = (count: number): boolean => count >= MIN_OF_MEMORY;

const growing = (panel: string, group: string, counts: readonly number[]): Series => {
  const name = group.replace("bytes of the heap, ", "");
  return { name, panel, points: counts.map((count) => [count, group, `of ${count}`] as const) };
};

const burst = `bursts of ${BURST.length}`;

/** The plots by the names of their files. */
export const PLOTS: Readonly<Record<string, Plot>> = {
  ratios: {
    title: "How long others take for the same work",
    x: "times as long as @alkdev/pubsub takes (to the left of 1: faster)",
    panels: [
      {
        name: "Publishing to a callback",
        group: "1 listener",
        rows: ["bare two-level Map", "eventemitter3", "mitt", "RxJS", "native EventTarget"],
      },
      {
        name: `Publishing ${burst}, read by an iterator`,
        group: burst,
        rows: [
          "hand-written queue",
          "hand-written queue behind a two-level Map",
          "node:events on()",
          "IxJS, AsyncSink",
          "emittery",
          "graphql-subscriptions",
          "@graphql-yoga/subscription",
        ],
      },
      {
        name: "Filter and map",
        group: "filter and map of 1000",
        rows: ["RxJS", "async generators", "IxJS", "@graphql-yoga/subscription"],
      },
      {
        name: `A hub on Deno to 100 spokes, ${burst}`,
        group: `${burst} to 100 clients`,
        rows: [
          "bare sockets, one send per burst",
          "bare sockets, one send per event",
          "nats-core over nats-server",
          "socket.io",
          "crossws",
        ],
      },
      {
        name: `A hub on Node to 100 spokes, ${burst}`,
        group: `${burst} to 100 clients`,
        base: "@alkdev/pubsub on Node",
        rows: ["bare ws on Node, one send per burst", "bare ws on Node, one send per event"],
      },
      {
        name: `A spoke to its hub, ${burst}`,
        group: `an event, ${burst} from a spoke`,
        rows: ["bare sockets, one send per burst", "bare sockets, one send per event", "socket.io"],
      },
      {
        name: `Through Redis, ${burst} (Deno, ioredis 5)`,
        group: "bursts through Redis, Deno, ioredis 5",
        rows: ["bare pipeline", "@graphql-yoga/redis-event-target", "graphql-redis-subscriptions"],
      },
      {
        name: "Three hubs over Redis to 300 spokes",
        group: `a delivery, ${burst} from a spoke to 300 others`,
        base: "three hubs over Redis",
        rows: [
          "three of bare sockets over Redis, one message per burst",
          "one hub",
          "one hub over Redis",
          "three of socket.io over Redis",
        ],
      },
      {
        name: `To a worker, ${burst}`,
        group: `${burst} to a worker`,
        rows: ["bare worker, one postMessage per burst", "bare worker, one postMessage per event"],
      },
    ],
  },
  "fan-out": {
    title: "Time of a delivery: bursts of 64 events, by the number of spokes",
    x: "spokes",
    xScale: "log",
    y: "time for each delivery (µs)",
    per: 1000,
    series: byClients((count) => `a delivery, bursts of 64 to ${count} clients`),
  },
  "processor-time": {
    title: "Processor time of the hub for a delivery",
    x: "spokes",
    xScale: "log",
    y: "processor time for each delivery (µs)",
    per: 1000,
    series: byClients((count) => `processor time of a hub's delivery, bursts of 64 to ${count} clients`),
  },
  latency: {
    title: "Latency of an event at the last of 100 spokes",
    x: "load (% of the capacity of each hub)",
    xScale: "linear",
    y: "latency (ms)",
    per: 1e6,
    series: Object.keys(QUANTILES).flatMap((quantile) =>
      PACED.map((name) => ({
        name,
        panel: quantile,
        points: LOADS.map((load) =>
          [load, `${quantile} of the latency at ${load} % of the capacity`, name] as const
        ),
      }))
    ),
  },
  memory: {
    title: "Memory of the hub for each spoke, with its socket",
    x: "spokes",
    xScale: "log",
    y: "resident memory for each spoke (KB)",
    per: 1000,
    series: byClients(
      (count) => `bytes of a hub's process, each of ${count} clients`,
      CLIENTS.filter((count) => count >= MIN_CLIENTS_OF_MEMORY),
    ),
  },
  topics: {
    title: "Time of an event on a random topic, by the number of topics",
    x: "topics",
    xScale: "log",
    y: "time for each event (ns)",
    per: 10_000,
    series: ["@alkdev/pubsub", "bare Map by topic", "eventemitter3", "native EventTarget"].map((name) => ({
      name,
      points: TOPIC_COUNTS.map((count) =>
        [count, `random ones of ${count} topics, one event`, name] as const
      ),
    })),
  },
  "growth-time": {
    title: "Processor time of an event, as topics, listeners and spokes grow in number",
    x: "number",
    xScale: "log",
    y: "time for each event, or each call of a listener (ns)",
    per: 1,
    series: [
      growing(GROWING.topics, GROUPS.hot, TOPICS),
      growing(GROWING.topics, GROUPS.all, TOPICS),
      growing(GROWING.topics, GROUPS.map, TOPICS),
      growing(GROWING.listeners, GROUPS.call, LISTENERS),
      growing(GROWING.spokes, GROUPS.hub, SPOKES),
    ],
  },
  "growth-memory": {
    title: "Memory, as topics, listeners and spokes grow in number",
    x: "number",
    xScale: "log",
    y: "bytes of the heap for each",
    per: 1,
    series: [
      growing(GROWING.topics, GROUPS.topicBytes, TOPICS.filter(isCounted)),
      growing(GROWING.listeners, GROUPS.listenerBytes, LISTENERS.filter(isCounted)),
      growing(GROWING.spokes, GROUPS.hubBytes, SPOKES),
    ],
  },
};
