import type { Counts } from "../events.ts";
import { create, setText } from "./elements.ts";
import { formatBytes, formatNumber } from "./format.ts";

/** The time over which the trouble of a tile is counted again, in milliseconds. */
const RECENT_MS = 60_000;

const REFUSED =
  /^(subscribers\.refused\.(invalid|authorize|error|upstream)|heard\.dropped\.(refused|invalid))$/;
const NOT_SENT = /^subscribers\.dropped\./;

/** A number at the top. */
interface Tile {
  readonly title: string;
  read(counts: Counts): number;
  readonly format?: (value: number) => string;
  /** Whether it counts what should not happen. */
  readonly isTrouble?: boolean;
}

/** All events that came in: from spokes, and from the program itself. */
export const eventsIn = of("heard.total", "published.total");
/** All events that spokes were sent, each spoke by itself. */
export const eventsOut = of("subscribers.handedOver");
/** The topics and events that spokes were refused. */
export const refused = matching(REFUSED);

const TILES: readonly Tile[] = [
  { title: "Spokes", read: of("connections.current") },
  { title: "Topics", read: of("subscribers.topics") },
  { title: "Events in", read: eventsIn },
  { title: "Events out", read: eventsOut },
  { title: "Waiting", read: of("subscribers.bufferedBytes"), format: formatBytes },
  { title: "Not sent", read: matching(NOT_SENT), isTrouble: true },
  { title: "Slow drops", read: of("spokes.slow"), isTrouble: true },
  { title: "Gaps", read: of("subscribers.gaps"), isTrouble: true },
  { title: "Refused", read: refused, isTrouble: true },
  { title: "Bad token", read: of("requests.unauthenticated"), isTrouble: true },
];

/** A number of trouble at one moment. */
type Moment = readonly [at: number, value: number];

/** Shows the numbers at the top. */
export class Tiles {
  readonly #shown = TILES.map((tile) => ({
    ...tile,
    dd: create("dd"),
    recent: create("dd", "", "recent"),
    past: Array<Moment>(),
  }));

  constructor(list: HTMLElement) {
    for (const { title, dd, recent } of this.#shown) {
      const item = create("div");
      item.append(create("dt", title), dd, recent);
      list.append(item);
    }
  }

  show(at: number, counts: Counts): void {
    for (const { read, format = formatNumber, isTrouble, dd, recent, past } of this.#shown) {
      const value = read(counts);
      setText(dd, format(value));
      if (isTrouble !== true) continue;
      past.push([at, value]);
      while ((past[1]?.[0] ?? at) <= at - RECENT_MS) past.shift();
      const more = value - (past[0]?.[1] ?? value);
      setText(recent, more > 0 ? `▲ ${formatNumber(more)} in 1 min` : "");
    }
  }

  /** The counters begin again. */
  reset(): void {
    for (const { past } of this.#shown) past.length = 0;
  }
}

function of(...names: string[]): (counts: Counts) => number {
  return (counts) => names.reduce((sum, name) => sum + (counts[name] ?? 0), 0);
}

function matching(pattern: RegExp): (counts: Counts) => number {
  return (counts) =>
    Object.entries(counts).reduce((sum, [name, value]) => pattern.test(name) ? sum + value : sum, 0);
}
