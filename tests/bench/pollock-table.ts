import { markdownTable } from '../oracle/document.ts';

/** What was read, beside what should have been. */
export interface Score {
  readonly success: number;
  readonly headerF1: number;
  readonly recordF1: number;
  readonly cellF1: number;
  /** Of all ten measures of the benchmark, the sum, and with the benchmark's weights of files. */
  readonly simple: number;
  readonly weighted: number;
  readonly rows: RowCounts;
  /** By kind of pollution: files, and of their rows those that are right, other and not read. */
  readonly kinds: Readonly<Record<string, readonly [number, number, number, number]>>;
}

interface RowCounts {
  /** Rows of the files, each value in its column. */
  readonly right?: number;
  /** Rows that are none of the file. */
  readonly other?: number;
  /** Rows of the files that were not read. */
  readonly notRead?: number;
  readonly otherFiles?: number;
}

export interface Pollock {
  readonly files: number;
  /** Why the product refuses files, told nothing of them. */
  readonly refused: Readonly<Record<string, string>>;
  /** Records that a run sets aside and counts. */
  readonly setAside: { readonly files: number; readonly records: number };
  readonly readers: Readonly<Record<string, Score>>;
}

const names: Readonly<Record<string, string>> = {
  ecom: 'this one',
  duckdb: 'DuckDB',
  pandas: 'pandas',
  polars: 'Polars',
  csv: "Python's csv",
};

/** F1 of the rows that were read, each value in its column. */
const rowF1 = ({ right = 0, other = 0, notRead = 0 }: RowCounts) =>
  (2 * right) / (2 * right + other + notRead);

/** The readers with the benchmark's measures and what became of the rows. */
export function pollockTable({ readers }: Pollock): string {
  const rows = Object.entries(names).flatMap(([key, name]) =>
    ['', 'Told'].flatMap((suffix) => {
      const score = readers[key + suffix];
      if (score === undefined) return [];
      const { success, headerF1, recordF1, cellF1, simple, rows: counts } = score;
      return [
        [
          `${name}${suffix === '' ? '' : ', told'}`,
          ...[success, headerF1, recordF1, cellF1, simple].map((value) => value.toFixed(3)),
          rowF1(counts).toFixed(3),
          ...[counts.right, counts.other, counts.otherFiles, counts.notRead].map((count) =>
            (count ?? 0).toLocaleString('en'),
          ),
        ],
      ];
    }),
  );
  return markdownTable(
    [
      'reader',
      'success',
      'header F1',
      'record F1',
      'cell F1',
      'sum of ten',
      'row F1',
      'rows right',
      'rows wrong',
      'in files',
      'rows not read',
    ],
    rows,
  );
}
