/** A query of a board, and what its series are called. */
export interface BoardQuery {
  readonly title: string;
  readonly query: string;
  readonly legend: string;
}

/** The queries of the panels of a Grafana board. */
export function boardQueries(board: {
  readonly panels: readonly {
    readonly title: string;
    readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
  }[];
}): BoardQuery[] {
  return board.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr: query, legendFormat: legend }) => ({ title, query, legend }))
  );
}
