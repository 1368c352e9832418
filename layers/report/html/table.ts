import { type Content, type Html, html } from './html.ts';

export interface Column<Row> {
  /** Text of the heading; on narrow screens also in front of each cell. */
  readonly label: string;
  /** What stands below the heading (an axis). */
  readonly below?: Html;
  /** What the heading means, as a tooltip. */
  readonly tip?: string;
  readonly align?: 'number' | 'chart';
  readonly cell: (row: Row) => Content;
  /** Makes the column sortable. */
  readonly sort?: (row: Row) => string | number | null;
}

export interface RowGroup<Row> {
  readonly label: Content;
  readonly rows: readonly Row[];
}

export interface TableOptions<Row> {
  readonly caption: Content;
  /** The first column heads the rows. */
  readonly columns: readonly Column<Row>[];
  readonly groups: readonly RowGroup<Row>[];
  /** In place of a row's cells, why there are none. */
  readonly note?: (row: Row) => Content;
  /** Label of a field that filters the rows. */
  readonly filter?: string;
  readonly className?: string;
}

/**
 * A table that stays a table for screen readers where the narrow layout shows its rows as cards: hence the roles, which
 * `display` would otherwise take away.
 */
export function table<Row>(options: TableOptions<Row>): Html {
  const { caption, columns, groups, filter } = options;
  return html`<table role="table" class="${options.className ?? ''}"${
    columns.some(({ sort }) => sort) ? html` data-sortable` : null
  }${filter === undefined ? null : html` data-filter="${filter}"`}>
<caption>${caption}</caption>
<thead role="rowgroup"><tr role="row">${columns.map(heading)}</tr></thead>
${groups.filter(({ rows }) => rows.length > 0).map((group) => body(group, options))}
</table>`;
}

/** A table of one group without a name. */
export function plainTable<Row>(
  caption: Content,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): Html {
  return table({ caption, columns, groups: [{ label: null, rows }] });
}

function heading<Row>({ label, below, tip, align, sort }: Column<Row>): Html {
  return html`<th role="columnheader" scope="col"${classOf(align)}${sort && html` data-sort`}${
    tip === undefined ? null : html` data-tip="${tip}"`
  }><span class="head">${label}</span>${below}</th>`;
}

function body<Row>({ label, rows }: RowGroup<Row>, options: TableOptions<Row>): Html {
  const { columns, note } = options;
  return html`<tbody role="rowgroup">${
    label === null
      ? null
      : html`<tr role="row" class="group"><th role="rowheader" scope="rowgroup" colspan="${columns.length}">${label}</th></tr>`
  }${rows.map((row) => line(row, columns, note?.(row)))}</tbody>`;
}

function line<Row>(row: Row, columns: readonly Column<Row>[], note: Content): Html {
  const [first, ...others] = columns;
  if (first === undefined) throw new Error('a table has a column');
  const head = html`<th role="rowheader" scope="row"${sortValue(first, row)}>${first.cell(row)}</th>`;
  if (note !== null && note !== undefined) {
    return html`<tr role="row">${head}<td role="cell" class="note" colspan="${others.length}">${note}</td></tr>\n`;
  }
  return html`<tr role="row">${head}${others.map(
    (column) =>
      html`<td role="cell"${classOf(column.align)}${column.cell(row) === '–' ? html` data-none` : null} data-label="${column.label}"${sortValue(column, row)}>${column.cell(row)}</td>`,
  )}</tr>\n`;
}

function classOf(align: 'number' | 'chart' | undefined): Html | null {
  return align === undefined ? null : html` class="${align}"`;
}

function sortValue<Row>({ sort }: Column<Row>, row: Row): Html | null {
  const value = sort?.(row);
  return value === undefined || value === null ? null : html` data-value="${String(value).slice(0, 80)}"`;
}
