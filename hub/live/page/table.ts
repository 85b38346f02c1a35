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

/** The contents of a table. */
export interface TableOptions<TRow> {
  readonly label: string;
  readonly columns: readonly Column<TRow>[];
  /** The key by which a row is the same one later. */
  key(row: TRow): unknown;
  /** Called for a row that the user chooses by its first cell. */
  readonly onChosen?: (row: TRow) => void;
}

/** A row of the document, and what it shows now. */
interface ShownRow<TRow> {
  readonly tr: HTMLTableRowElement;
  readonly cells: readonly HTMLElement[];
  row?: TRow;
}

/**
 * A table of any number of rows, of which only the visible ones are in the document. While a pointer or the focus is on it,
 * rows stay where they are, so that nobody chooses another one than the one that was there.
 */
export class Table<TRow> {
  readonly #options: TableOptions<TRow>;
  readonly #scroll = create("div", "", "scroll");
  readonly #table = create("table");
  readonly #body = create("tbody");
  readonly #above = spacer();
  readonly #below = spacer();
  readonly #shown: ShownRow<TRow>[] = [];
  #rows: readonly TRow[] = [];
  /** The row that the keys of arrows have reached. */
  #current = 0;

  constructor(section: HTMLElement, options: TableOptions<TRow>) {
    this.#options = options;
    const { label, columns } = options;
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
    this.#scroll.addEventListener("keydown", (event) => this.#onKey(event));
    this.#body.append(this.#above.tr, this.#below.tr);
    section.append(this.#scroll);
  }

  set rows(rows: readonly TRow[]) {
    this.#rows = this.#isHeld ? this.#inOldOrder(rows) : rows;
    this.#table.setAttribute("aria-rowcount", String(rows.length + 1));
    this.#draw();
  }

  get #isHeld(): boolean {
    return this.#scroll.matches(":hover, :focus-within");
  }

  #inOldOrder(rows: readonly TRow[]): TRow[] {
    const { key } = this.#options;
    const left = new Map(rows.map((row) => [key(row), row]));
    const old = this.#rows.flatMap((row) => {
      const name = key(row);
      const found = left.get(name);
      left.delete(name);
      return found === undefined ? [] : [found];
    });
    return [...old, ...left.values()];
  }

  #onKey(event: KeyboardEvent): void {
    const page = Math.floor(this.#scroll.clientHeight / ROW_PX) - 1;
    const steps = new Map([["ArrowDown", 1], ["ArrowUp", -1], ["PageDown", page], ["PageUp", -page]]);
    const all = new Map([["Home", -Infinity], ["End", Infinity]]);
    const step = steps.get(event.key) ?? all.get(event.key);
    if (step === undefined || this.#options.onChosen === undefined) return;
    event.preventDefault();
    // The first key reaches the first row that is visible.
    const from = event.target === this.#scroll
      ? Math.ceil(this.#scroll.scrollTop / ROW_PX) - Math.sign(step)
      : this.#current;
    this.#current = Math.max(0, Math.min(from + step, this.#rows.length - 1));
    const top = this.#current * ROW_PX;
    // A row less: the head covers it.
    const last = top - this.#scroll.clientHeight + 2 * ROW_PX;
    this.#scroll.scrollTop = Math.max(last, Math.min(this.#scroll.scrollTop, top));
    this.#draw();
    const row = this.#rows[this.#current];
    this.#shown.find((shown) => !shown.tr.hidden && shown.row === row)?.cells[0]?.focus();
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
      for (const [j, { text }] of this.#options.columns.entries()) {
        const cell = shown.cells[j];
        if (cell === undefined) continue;
        setText(cell, text(row));
        cell.title = cell.textContent ?? "";
      }
    }
  }

  #addRow(): void {
    const { columns, onChosen } = this.#options;
    const tr = create("tr");
    const cells = columns.map((column, i) => {
      const td = create("td", "", classOf(column));
      tr.append(td);
      if (i > 0 || onChosen === undefined) return td;
      const button = create("button");
      button.type = "button";
      // The arrows reach it.
      button.tabIndex = -1;
      button.addEventListener("click", () => {
        if (shown.row === undefined) return;
        this.#current = this.#rows.indexOf(shown.row);
        onChosen(shown.row);
      });
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
