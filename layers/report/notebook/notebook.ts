import recompute from './recompute.py';

/** A cell of Jupyter's notebook format. */
type Cell = { readonly id: string; readonly metadata: object; readonly source: readonly string[] } & (
  | { readonly cell_type: 'markdown' }
  | { readonly cell_type: 'code'; readonly execution_count: null; readonly outputs: readonly [] }
);

/**
 * `report.ipynb`: recomputes each figure of the report's first table from the users. It is the same for every report, and
 * reads the files beside it: `report.json`, `results.parquet` and `marts/`. Format: nbformat 4.5.
 */
export function notebook(): string {
  const cells = cellsOf(recompute);
  const metadata = {
    kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' },
    language_info: { name: 'python' },
  };
  return `${JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 }, null, 1)}\n`;
}

/** The cells of a script in the percent format: each begins at `# %%`, and text stands behind `# ` of each line. */
function cellsOf(script: string): Cell[] {
  const [, ...parts] = script.split(/^# %%/m);
  return parts.map((part, index): Cell => {
    const [mark = '', ...lines] = part.trimEnd().split('\n');
    const isText = mark.trim() === '[markdown]';
    const source = lines
      .map((line) => (isText ? line.replace(/^# ?/, '') : line))
      .map((line, at) => (at < lines.length - 1 ? `${line}\n` : line));
    const cell = { id: `cell-${index + 1}`, metadata: {}, source };
    return isText
      ? { cell_type: 'markdown', ...cell }
      : { cell_type: 'code', execution_count: null, ...cell, outputs: [] };
  });
}
