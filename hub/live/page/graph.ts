import uPlot from "uplot";
import { create, setText } from "./elements.ts";

/** The seconds that a graph shows. */
const SPAN_S = 120;

const HEIGHT_PX = 150;

/** A moving graph of one number. */
export class Graph {
  readonly #format: (value: number) => string;
  readonly #plotBox = create("div", "", "plot");
  readonly #output = create("output");
  #times: number[] = [];
  #values: (number | null)[] = [];
  #plot: uPlot | undefined;

  constructor(parent: HTMLElement, title: string, format: (value: number) => string) {
    this.#format = format;
    const figure = create("div", "", "graph");
    const heading = create("h2");
    heading.append(create("span", title), this.#output);
    this.#plotBox.setAttribute("role", "img");
    this.#plotBox.setAttribute("aria-label", `${title} over the last two minutes`);
    figure.append(heading, this.#plotBox);
    parent.append(figure);
    new ResizeObserver(() => this.#plot?.setSize(this.#size)).observe(this.#plotBox);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#redraw());
    this.#redraw();
  }

  /** Adds the number of one moment; `undefined` leaves a hole. */
  add(at: number, value: number | undefined): void {
    setText(this.#output, value === undefined ? "" : this.#format(value));
    this.#times.push(at / 1000);
    this.#values.push(value ?? null);
    while ((this.#times[0] ?? 0) < at / 1000 - SPAN_S) {
      this.#times.shift();
      this.#values.shift();
    }
    this.#plot?.setData([this.#times, this.#values]);
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
        series: [{}, { stroke: color("--accent"), fill: color("--fill"), width: 2, points: { show: false } }],
      },
      [this.#times, this.#values],
      this.#plotBox,
    );
  }
}
