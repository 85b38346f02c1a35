import uPlot from "uplot";
import { create, setText } from "./elements.ts";

/** The seconds that a graph shows. */
const SPAN_S = 120;

const HEIGHT_PX = 150;

/** How the lines of a graph differ, not by their color alone. */
const STYLES = [{ color: "--first", dash: [] }, { color: "--second", dash: [6, 4] }] as const;

/** A line of a graph, and its number at the moment. */
interface Line {
  readonly output: HTMLElement;
  readonly values: (number | null)[];
}

/** A moving graph of one or two numbers. */
export class Graph {
  readonly #format: (value: number) => string;
  readonly #plotBox = create("div", "", "plot");
  readonly #lines: readonly Line[];
  readonly #times: number[] = [];
  #plot: uPlot | undefined;

  /** @param names The names of two lines; a graph of one number needs none. */
  constructor(parent: HTMLElement, title: string, format: (value: number) => string, names = [""]) {
    this.#format = format;
    const figure = create("div", "", "graph");
    const heading = create("h2", title);
    const legend = create("p", "", "legend");
    this.#lines = names.map((name, i) => {
      const output = create("output");
      const label = create("span", "", `line line-${i}`);
      label.append(name === "" ? "" : `${name} `, output);
      legend.append(label);
      return { output, values: [] };
    });
    this.#plotBox.setAttribute("role", "img");
    this.#plotBox.setAttribute("aria-label", `${title} over the last two minutes`);
    figure.append(heading, legend, this.#plotBox);
    parent.append(figure);
    new ResizeObserver(() => this.#plot?.setSize(this.#size)).observe(this.#plotBox);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#redraw());
    this.#redraw();
  }

  /** Adds the numbers of one moment; `undefined` leaves a hole. */
  add(at: number, ...values: (number | undefined)[]): void {
    this.#times.push(at / 1000);
    for (const [i, { output, values: line }] of this.#lines.entries()) {
      const value = values[i];
      setText(output, value === undefined ? "–" : this.#format(value));
      line.push(value ?? null);
    }
    while ((this.#times[0] ?? 0) < at / 1000 - SPAN_S) {
      this.#times.shift();
      for (const { values } of this.#lines) values.shift();
    }
    this.#plot?.setData(this.#data);
  }

  get #data(): uPlot.AlignedData {
    return [this.#times, ...this.#lines.map(({ values }) => values)];
  }

  get #size(): { width: number; height: number } {
    return { width: Math.max(100, this.#plotBox.clientWidth), height: HEIGHT_PX };
  }

  #redraw(): void {
    this.#plot?.destroy();
    const style = getComputedStyle(document.documentElement);
    const color = (name: string): string => style.getPropertyValue(name).trim();
    const axis = {
      stroke: color("--quiet"),
      grid: { stroke: color("--line"), width: 1 },
      ticks: { show: false },
    };
    const [fill] = STYLES;
    this.#plot = new uPlot(
      {
        ...this.#size,
        padding: [14, 20, 0, 0],
        cursor: { show: false },
        legend: { show: false },
        scales: {
          x: { range: (_plot, _min, max) => [max - SPAN_S, max] },
          y: { range: (_plot, _min, max) => [0, Math.max(10, max * 1.1)] },
        },
        axes: [
          {
            ...axis,
            size: 30,
            gap: 8,
            splits: (_plot, _index, min, max) => [min, min + SPAN_S / 2, max],
            values: (_plot, splits) =>
              splits.map((at, i) =>
                i === splits.length - 1 ? "now" : `−${Math.round(SPAN_S - (at - (splits[0] ?? at)))} s`
              ),
          },
          { ...axis, size: 62, values: (_plot, values) => values.map((value) => this.#format(value)) },
        ],
        series: [
          {},
          ...this.#lines.map((_, i) => {
            const style = STYLES[i] ?? fill;
            return {
              stroke: color(style.color),
              dash: [...style.dash],
              width: 2,
              points: { show: false },
              ...(style === fill && { fill: color("--fill") }),
            };
          }),
        ],
      },
      this.#data,
      this.#plotBox,
    );
  }
}
