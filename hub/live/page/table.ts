import { create, setText } from "./elements.ts";

const ROW_PX = 30;

/** Rows beyond the visible ones. */
const OVERSCAN = 6;

/** A column. */
export interface Column<TRow> {
  readonly title: string;
  readonly isNumber?: boolean;
  /** Whether it is left out on a narrow page. */
  readonly isExtra?: boolean;
  text(row: TRow): string;
}

/** A row of the document, and what it shows now. */
interface ShownRow<TRow> {
  readonly tr: HTMLTableRowElement;
  readonly cells: readonly HTMLElement[];
  row?: TRow;
}

/**
 * A table of any number of rows, of which only the visible ones are in the document. Rows are used again, so that the
 * focus stays in its place while the table changes.
 */
export class Table<TRow> {
  readonly #columns: readonly Column<TRow>[];
  readonly #onChosen: ((row: TRow) => void) | undefined;
  readonly #scroll = create("div", "", "scroll");
  readonly #table = create("table");
  readonly #body = create("tbody");
  readonly #above = spacer();
  readonly #below = spacer();
  readonly #shown: ShownRow<TRow>[] = [];
  #rows: readonly TRow[] = [];

  /** @param onChosen Called for a row that the user chooses by its first cell. */
  constructor(
    section: HTMLElement,
    label: string,
    columns: readonly Column<TRow>[],
    onChosen?: (row: TRow) => void,
  ) {
    this.#columns = columns;
    this.#onChosen = onChosen;
    const head = create("tr");
    for (const column of columns) {
      const th = create("th", column.title, classOf(column));
      th.scope = "col";
      head.append(th);
    }
    const thead = create("thead");
    thead.append(head);
    this.#table.append(thead, this.#body);
    this.#table.setAttribute("aria-label", label);
    this.#scroll.append(this.#table);
    this.#scroll.tabIndex = 0;
    this.#scroll.setAttribute("role", "group");
    this.#scroll.setAttribute("aria-label", `${label}, scrollable`);
    this.#scroll.addEventListener("scroll", () => this.#draw(), { passive: true });
    this.#body.append(this.#above.tr, this.#below.tr);
    section.append(this.#scroll);
  }

  set rows(rows: readonly TRow[]) {
    this.#rows = rows;
    this.#table.setAttribute("aria-rowcount", String(rows.length + 1));
    this.#draw();
  }

  #draw(): void {
    const visible = Math.ceil(this.#scroll.clientHeight / ROW_PX) + 2 * OVERSCAN;
    const first = Math.max(
      0,
      Math.min(Math.floor(this.#scroll.scrollTop / ROW_PX) - OVERSCAN, this.#rows.length - visible),
    );
    const rows = this.#rows.slice(first, first + visible);
    while (this.#shown.length < rows.length) this.#addRow();
    this.#above.setHeight(first * ROW_PX);
    this.#below.setHeight((this.#rows.length - first - rows.length) * ROW_PX);
    for (const [i, shown] of this.#shown.entries()) {
      const row = rows[i];
      shown.tr.hidden = row === undefined;
      if (row === undefined) continue;
      shown.row = row;
      shown.tr.setAttribute("aria-rowindex", String(first + i + 2));
      for (const [j, { text }] of this.#columns.entries()) {
        const cell = shown.cells[j];
        if (cell === undefined) continue;
        setText(cell, text(row));
        cell.title = cell.textContent ?? "";
      }
    }
  }

  #addRow(): void {
    const tr = create("tr");
    const cells = this.#columns.map((column, i) => {
      const td = create("td", "", classOf(column));
      tr.append(td);
      if (i > 0 || this.#onChosen === undefined) return td;
      const button = create("button");
      button.type = "button";
      button.addEventListener("click", () => shown.row !== undefined && this.#onChosen?.(shown.row));
      td.append(button);
      return button;
    });
    const shown: ShownRow<TRow> = { tr, cells };
    this.#shown.push(shown);
    this.#below.tr.before(tr);
  }
}

function classOf({ isNumber, isExtra }: Column<never>): string {
  return `${isNumber === true ? "number" : ""} ${isExtra === true ? "extra" : ""}`.trim();
}

/** A row that takes the place of those that are not in the document. */
function spacer() {
  const tr = create("tr", "", "spacer");
  tr.setAttribute("aria-hidden", "true");
  const td = create("td");
  tr.append(td);
  return { tr, setHeight: (px: number) => tr.style.height = `${Math.max(0, px)}px` };
}
