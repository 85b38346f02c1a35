import { Error as ERRORS, logger, parse, View } from "npm:vega@6.4.0";
import { compile, type TopLevelSpec } from "npm:vega-lite@6.5.0";
import { OURS, ratiosOf, type Round, rowsOf, summaryOf } from "./report.ts";

/** One line of a plot. */
export interface Series {
  /** The name in the legend. */
  readonly name: string;
  /** The panel, if there are several side by side. */
  readonly panel?: string;
  /** The points: the value on the horizontal axis, the group and the row. */
  readonly points: readonly (readonly [x: number, group: string, row: string])[];
}

/** A plot of rows as lines. */
export interface LinePlot {
  /** The title. */
  readonly title: string;
  /** The horizontal axis, with its unit. */
  readonly x: string;
  /** Whether the horizontal axis is logarithmic. */
  readonly xScale: "linear" | "log";
  /** The vertical axis, which is logarithmic, with its unit. */
  readonly y: string;
  /** The divisor that turns a row into the unit of the vertical axis. */
  readonly per: number;
  /** The lines. */
  readonly series: readonly Series[];
}

/** A plot of how many times as long others take, each panel compared with one row. */
export interface RatioPlot {
  /** The title. */
  readonly title: string;
  /** The horizontal axis, which is logarithmic. */
  readonly x: string;
  /** The panels, one below the other. */
  readonly panels: readonly {
    /** The subject. */
    readonly name: string;
    /** The group of its rows. */
    readonly group: string;
    /** The row that the others are compared with, if it is not ours. */
    readonly base?: string;
    /** The others. */
    readonly rows: readonly string[];
  }[];
}

const CONFIG = {
  font: "Helvetica, Arial, sans-serif",
  background: "white",
  padding: 12,
  title: { fontSize: 16, anchor: "start", offset: 14, subtitleFontSize: 12, subtitlePadding: 4 },
  axis: {
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: "normal",
    labelLimit: 0,
    gridColor: "#e8e8e8",
  },
  legend: { labelLimit: 0, labelFontSize: 12, orient: "bottom", columns: 2, symbolStrokeWidth: 2 },
  header: { labelFontSize: 12, labelFontWeight: "bold", labelPadding: 4 },
  view: { stroke: "#d0d0d0" },
} as const;

const SUBTITLE = "Points: the median of the rounds. Thin lines: the least and the most.";

/** Draws rows as lines. */
export function drawLines(plot: LinePlot, rounds: readonly Round[]): Promise<string> {
  const { title, x, xScale, y, per, series } = plot;
  const values = series.flatMap(({ name, panel = "", points }) =>
    points.flatMap(([at, group, row]) => {
      const measured = rowsOf(rounds, group, row).map((value) => value / per);
      return measured.length === 0 ? [] : [{ name, panel, at, ...summaryOf(measured) }];
    })
  );
  const panels = [...new Set(values.map(({ panel }) => panel))];
  const names = [...new Set(values.map(({ name }) => name))];
  const ticks = [...new Set(values.map(({ at }) => at))];
  const vertical = (field: string) =>
    ({ field, type: "quantitative", title: y, scale: { type: "log" }, axis: { format: "~g" } }) as const;
  const horizontal = {
    field: "at",
    type: "quantitative",
    title: x,
    scale: { type: xScale },
    axis: { values: ticks, grid: false, format: "~s" },
  } as const;
  const line = { type: "line", point: { size: 50 }, strokeWidth: 2 } as const;
  const lines = {
    width: panels.length === 1 ? 620 : 220,
    height: 320,
    encoding: { x: horizontal, color: { field: "name", type: "nominal" as const, title: null, sort: names } },
    layer: [
      { mark: line, encoding: { y: vertical("median") } },
      { mark: "rule" as const, encoding: { y: vertical("min"), y2: { field: "max" } } },
    ],
  };
  const head = { title: { text: title, subtitle: SUBTITLE }, data: { values }, config: CONFIG };
  if (panels.length === 1) return toSvg({ ...head, ...lines });
  const column = { field: "panel", type: "nominal", title: null, sort: panels } as const;
  return toSvg({ ...head, facet: { column }, spec: lines });
}

/** Draws how many times as long others take. */
export function drawRatios({ title, x, panels }: RatioPlot, rounds: readonly Round[]): Promise<string> {
  const values = panels.flatMap(({ name: panel, group, base = OURS, rows }) =>
    rows.flatMap((name) => {
      const ratios = ratiosOf(rounds, group, name, base);
      if (ratios.length === 0) return [];
      const summary = summaryOf(ratios);
      const label = `${Number(summary.median.toPrecision(summary.median < 10 ? 2 : 3))}×`;
      return [{ panel, name, label, kind: kindOf(name), ...summary }];
    })
  );
  const ratio = (field: string) =>
    ({ field, type: "quantitative", title: x, scale: { type: "log" }, axis: { format: "~g" } }) as const;
  const y = { field: "name", type: "nominal", title: null, sort: null, axis: { grid: true } } as const;
  const scale = { domain: Object.keys(KINDS), range: Object.values(KINDS) };
  const color = { field: "kind", type: "nominal", title: null, scale, legend: { columns: 3 } } as const;
  return toSvg({
    title: { text: title, subtitle: SUBTITLE },
    data: { values },
    spacing: 14,
    facet: {
      row: {
        field: "panel",
        type: "nominal",
        title: null,
        sort: panels.map(({ name }) => name),
        header: { labelAngle: 0, labelAlign: "left", labelAnchor: "start", labelOrient: "top" },
      },
    },
    resolve: { scale: { y: "independent" } },
    spec: {
      width: 560,
      height: { step: 20 },
      layer: [
        // The line at which both take the same time.
        { mark: { type: "rule", color: "#888" }, encoding: { x: { datum: 1, type: "quantitative" } } },
        { mark: "rule", encoding: { y, x: ratio("min"), x2: { field: "max" } } },
        {
          mark: { type: "point", filled: true, size: 70 },
          encoding: { y, x: ratio("median"), color },
        },
        {
          mark: { type: "text", align: "left", dx: 8, fontSize: 11 },
          encoding: { y, x: ratio("median"), text: { field: "label" } },
        },
      ],
    },
    config: CONFIG,
  });
}

/** The colours of rows by library. */
const KINDS = { "another library": "#4c78a8", "no library": "#9d9d9d", "this library": "#e45756" } as const;

function kindOf(name: string): keyof typeof KINDS {
  if (/^(bare|three of bare|hand-written|native|node:|async)/.test(name)) return "no library";
  return /^(@alkdev|one hub)/.test(name) ? "this library" : "another library";
}

function toSvg(spec: TopLevelSpec): Promise<string> {
  // It warns that panels have their own scales, which is intended.
  const { spec: compiled } = compile(spec, { logger: logger(ERRORS) });
  return new View(parse(compiled), { renderer: "none" }).toSVG();
}
