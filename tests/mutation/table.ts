import { markdownTable } from '../oracle/document.ts';

/** What became of a mutation. */
export interface Result {
  readonly file: string;
  readonly breaks: string;
  /** Tests that failed; null when the mutated code ran for ever. */
  readonly failed: number | null;
  readonly noticed: boolean;
}

/** The results as a Markdown table. */
export function table(all: readonly Result[]): string {
  return markdownTable(
    ['File', 'What is broken', 'Tests that fail'],
    all.map(({ file, breaks, failed, noticed }) => [
      file,
      breaks,
      noticed ? (failed === null ? 'runs for ever' : String(failed)) : '**none**',
    ]),
  );
}
