import type { SeenHub } from "../events.ts";
import { element, setText } from "./elements.ts";
import { formatAge, formatBytes, formatNumber, formatRate } from "./format.ts";
import { Rates } from "./rates.ts";
import { type Column, Table } from "./table.ts";
import { eventsIn, eventsOut, refused } from "./tiles.ts";

/** How long a hub can be silent until the page says so, in milliseconds. */
const SILENT_MS = 3000;

/** Shows the hubs of the same Redis side by side, the one that serves the page first. */
export class HubTable {
  readonly #section: HTMLElement;
  readonly #rates = new Map<string, Rates>();
  readonly #table: Table<SeenHub>;

  constructor(section: HTMLElement) {
    this.#section = section;
    this.#table = new Table<SeenHub>(section, {
      label: "Hubs",
      key: ({ id }) => id,
      columns: [
        { title: "Hub", text: ({ name }) => name },
        { title: "State", isNumber: true, text: stateOf },
        number("Up", ({ at, startedAt }) => formatAge(at - startedAt)),
        { title: "Spokes", isNumber: true, text: counted("connections.current") },
        number("Topics", counted("subscribers.topics")),
        number("In/s", (hub) => this.#rateOf(hub, "in")),
        { title: "Out/s", isNumber: true, text: (hub) => this.#rateOf(hub, "out") },
        number("Waiting", counted("subscribers.bufferedBytes", formatBytes)),
        number("Slow", counted("spokes.slow")),
        number("Gaps", counted("subscribers.gaps")),
        number("Refused", ({ counts }) => formatNumber(refused(counts))),
      ],
    });
  }

  show(hubs: readonly SeenHub[], ownId: string): void {
    for (const { id, at, counts } of hubs) {
      const rates = this.#rates.get(id) ?? new Rates();
      this.#rates.set(id, rates);
      rates.note(at, new Map([["in", eventsIn(counts)], ["out", eventsOut(counts)]]));
    }
    this.#section.hidden = hubs.length === 0;
    this.#table.rows = hubs.toSorted((a, b) => Number(b.id === ownId) - Number(a.id === ownId));
    setText(element("#hubs .count", HTMLElement), `${hubs.length}, this one first`);
  }

  #rateOf(hub: SeenHub, name: string): string {
    return isSilent(hub) ? "–" : formatRate(this.#rates.get(hub.id)?.of(name));
  }
}

/** A column that a narrow page leaves out. */
function number(title: string, text: (hub: SeenHub) => string): Column<SeenHub> {
  return { title, text, isNumber: true, isExtra: true };
}

function counted(name: string, format = formatNumber): (hub: SeenHub) => string {
  return ({ counts }) => format(counts[name] ?? 0);
}

function stateOf(hub: SeenHub): string {
  if (isSilent(hub)) return `silent ${formatAge(hub.silentMs)}`;
  return hub.isReady ? "ready" : "not ready";
}

function isSilent({ silentMs }: SeenHub): boolean {
  return silentMs > SILENT_MS;
}
