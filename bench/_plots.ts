import { parse, View } from "npm:vega@6.4.0";
import { compile, type TopLevelSpec } from "npm:vega-lite@6.5.0";
import { type Round, rowOf, summaryOf } from "./_report.ts";
import { TOPIC_COUNTS } from "./_load.ts";
import { LOADS, PACED } from "./hub_paced.ts";
import { COUNTS as CLIENTS, NAMES } from "./hub_scale.ts";

/** One line or bar of a plot. */
interface Series {
  /** Its name in the legend. */
  readonly name: string;
  /** Where its points are: the value on the horizontal axis, the group and the row. */
  readonly points: readonly (readonly [x: number, group: string, row: string])[];
}

/** A plot of rows. */
export interface Plot {
  /** What it shows. */
  readonly title: string;
  /** The horizontal axis. */
  readonly x: string;
  /** Whether it is logarithmic. */
  readonly xScale: "linear" | "log";
  /** The vertical axis, which is logarithmic. */
  readonly y: string;
  /** What a row is divided by, to be what the vertical axis says. */
  readonly per: number;
  /** What is drawn. */
  readonly series: readonly Series[];
}

/**
 * Draws a plot. Thin lines tell how far the rounds lie apart.
 *
 * @param plot What to draw.
 * @param rounds What was measured.
 * @returns An SVG document.
 */
export function plotSvg(
  { title, x, xScale, y, per, series }: Plot,
  rounds: readonly Round[],
): Promise<string> {
  const values = series.flatMap(({ name, points }) =>
    points.map(([at, group, row]) => {
      return { name, at, ...summaryOf(rounds.map((round) => rowOf(round, group, row) / per)) };
    })
  );
  const ticks = [...new Set(values.map(({ at }) => at))];
  const horizontal = {
    field: "at",
    type: "quantitative",
    title: x,
    scale: { type: xScale },
    axis: { values: ticks, grid: false },
  } as const;
  const vertical = (field: string) =>
    ({ field, type: "quantitative", title: y, scale: { type: "log" } }) as const;
  const spec: TopLevelSpec = {
    title: { text: title, anchor: "start" },
    width: 560,
    height: 300,
    data: { values },
    encoding: {
      x: horizontal,
      color: { field: "name", type: "nominal", title: null, sort: series.map(({ name }) => name) },
    },
    layer: [
      { mark: { type: "line", point: true }, encoding: { y: vertical("median") } },
      { mark: "rule", encoding: { y: vertical("min"), y2: { field: "max" } } },
    ],
    config: { font: "sans-serif", background: "white", legend: { labelLimit: 0 } },
  };
  return new View(parse(compile(spec).spec), { renderer: "none" }).toSVG();
}

const byClients = (group: (count: number) => string): readonly Series[] =>
  NAMES.map((name) => ({ name, points: CLIENTS.map((count) => [count, group(count), name] as const) }));

/** The plots by the names of their files. */
export const PLOTS: Readonly<Record<string, Plot>> = {
  "fan-out": {
    title: "What a delivery costs: bursts of 64 events to so many clients",
    x: "clients",
    xScale: "log",
    y: "µs a delivery",
    per: 1000,
    series: byClients((count) => `a delivery, bursts of 64 to ${count} clients`),
  },
  "processor-time": {
    title: "What a delivery costs the hub's processor",
    x: "clients",
    xScale: "log",
    y: "µs of processor time a delivery",
    per: 1000,
    series: byClients((count) => `processor time of a hub's delivery, bursts of 64 to ${count} clients`),
  },
  latency: {
    title: "How late an event is at the last of 100 clients, the 99th percentile",
    x: "% of what each can deliver",
    xScale: "linear",
    y: "ms",
    per: 1e6,
    series: PACED.map((name) => ({
      name,
      points: LOADS.map((load) => [load, `p99 of the latency at ${load} % of the capacity`, name] as const),
    })),
  },
  memory: {
    title: "What a client takes of a hub's memory",
    x: "clients",
    xScale: "log",
    y: "KB a client, sockets included",
    per: 1000,
    series: byClients((count) => `bytes of a hub's process, each of ${count} clients`),
  },
  topics: {
    title: "What an event costs: published on topics at random, of so many",
    x: "topics",
    xScale: "log",
    y: "ns an event",
    per: 10_000,
    series: ["@alkdev/pubsub", "bare Map by topic", "eventemitter3", "native EventTarget"].map((name) => ({
      name,
      points: TOPIC_COUNTS.map((count) =>
        [count, `random ones of ${count} topics, one event`, name] as const
      ),
    })),
  },
};
