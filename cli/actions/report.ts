import { UsageError } from '../../layers/platform/errors.ts';
import { latest } from '../../layers/runs/documents.ts';
import { defaultDrop, processedKeys } from '../../layers/runs/keys.ts';
import { type Connection, connect } from '../pipeline/connection.ts';
import { findRun } from '../pipeline/executions.ts';
import { downloadReport, readReport, verdictText } from '../pipeline/run-report.ts';
import { print, printJson } from '../terminal.ts';

export interface ReportOptions {
  readonly drop?: string;
  readonly json?: boolean;
}

/** `ecom report [run]`: the verdict of a run, or of a drop's published run. */
export async function report(run: string | undefined, options: ReportOptions): Promise<void> {
  const connection = connect();
  const runId =
    run === undefined ? await publishedRun(connection, options.drop) : await findRun(connection, run);
  const report = await readReport(connection, runId);
  if (options.json) return printJson(report);
  const files = await downloadReport(connection, runId);
  print(`${verdictText(report)}\n`);
  for (const file of files) print(file);
}

/** The drop's published run; without a drop, that of the newest publication. */
async function publishedRun({ processed }: Connection, drop: string | undefined): Promise<string> {
  const pointers =
    drop === undefined ? await processed.list('processed/latest/') : [{ key: processedKeys.latest(drop) }];
  const texts = await Promise.all(pointers.map(({ key }) => processed.getText(key)));
  const published = texts
    .filter((text) => text !== undefined)
    .map((text) => latest.parse(JSON.parse(text)))
    .toSorted((a, b) => b.publishedAt.localeCompare(a.publishedAt));
  if (published[0] !== undefined) return published[0].runId;
  throw new UsageError({
    what: drop === undefined ? 'nothing is published yet' : `nothing is published for the drop "${drop}"`,
    remedy: `Run it: npx ecom run <dir>${drop === undefined || drop === defaultDrop ? '' : ` --drop ${drop}`}`,
  });
}
