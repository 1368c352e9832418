import type { Command } from 'commander';
import { UsageError } from '../../layers/platform/errors.ts';
import { latest } from '../../layers/runs/documents.ts';
import { defaultDrop, processedKeys } from '../../layers/runs/keys.ts';
import { type Connection, connect } from '../pipeline/connection.ts';
import { findRun } from '../pipeline/executions.ts';
import { readDocument } from '../pipeline/read-document.ts';
import { downloadReport, readReport, verdictText } from '../pipeline/report.ts';
import { print, printJson } from '../terminal.ts';

/** `ecom report [run]`: the verdict of a run, or of a drop's published run. */
export function define(command: Command): void {
  command
    .argument('[run]')
    .option('--drop <name>', 'the drop whose published run is meant, when no run is named')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      '\nThe beginning of the run id will do.\n\nExamples:\n  ecom report\n  ecom report --drop shop_b\n  ecom report 3f2a --json | jq .experiments[0].decision',
    )
    .action(report);
}

interface ReportOptions {
  readonly drop?: string;
  readonly json?: boolean;
}

async function report(run: string | undefined, options: ReportOptions): Promise<void> {
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
  const found = await Promise.all(pointers.map(({ key }) => readDocument(processed, key, latest)));
  const published = found
    .filter((document) => document !== undefined)
    .toSorted((a, b) => b.publishedAt.localeCompare(a.publishedAt));
  if (published[0] !== undefined) return published[0].runId;
  throw new UsageError({
    what: drop === undefined ? 'nothing is published yet' : `nothing is published for the drop "${drop}"`,
    remedy: `Run it: npx ecom run <dir>${drop === undefined || drop === defaultDrop ? '' : ` --drop ${drop}`}`,
  });
}
